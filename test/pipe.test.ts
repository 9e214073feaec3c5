import { pipeSuite } from './conformance/pipe.suite.ts'
import { describeOnEachRedis } from './helpers/backends.ts'

describeOnEachRedis('a pipeline', pipeSuite)
