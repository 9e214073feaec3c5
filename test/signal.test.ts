import { signalSuite } from './conformance/signal.suite.ts'
import { describeOnEachRedis } from './helpers/backends.ts'

describeOnEachRedis('an AbortSignal', signalSuite)
