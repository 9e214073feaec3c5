import { signedSuite } from './conformance/signed.suite.ts'
import { describeOnEachRedis } from './helpers/backends.ts'

describeOnEachRedis('signed messages', signedSuite)
