import { callbacksSuite } from './conformance/callbacks.suite.ts'
import { describeOnEachRedis } from './helpers/backends.ts'

describeOnEachRedis('functions and signals among arguments and results', callbacksSuite)
