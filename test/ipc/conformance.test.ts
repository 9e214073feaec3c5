import { queueSuite } from '../conformance/queue.suite.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'

describeOnEachRedis('task queue', queueSuite)
