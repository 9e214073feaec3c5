import { cacheSuite } from '../conformance/cache.suite.ts'
import { eventsSuite } from '../conformance/events.suite.ts'
import { queueSuite } from '../conformance/queue.suite.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'

describeOnEachRedis('task queue', queueSuite)
describeOnEachRedis('cache', cacheSuite)
describeOnEachRedis('event stream', eventsSuite)
