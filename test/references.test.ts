import { referencesSuite } from './conformance/references.suite.ts'
import { describeOnEachRedis } from './helpers/backends.ts'

describeOnEachRedis('objects by reference', referencesSuite)
