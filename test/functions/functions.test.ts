import { functionsSuite } from '../conformance/functions.suite.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'

describeOnEachRedis('functions', functionsSuite)
