import { closingSuite } from './conformance/closing.suite.ts'
import { describeOnEachRedis } from './helpers/backends.ts'

describeOnEachRedis('closing while it starts', closingSuite)
