import { classicSuite } from './conformance/classic.suite.ts'
import { describeOnEachRedis } from './helpers/backends.ts'

describeOnEachRedis('classic dialect', classicSuite)
