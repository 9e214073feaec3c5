import { objectsSuite } from './conformance/objects.suite.ts'
import { describeOnEachRedis } from './helpers/backends.ts'

describeOnEachRedis('a remote object', objectsSuite)
