import { signalSuite } from './conformance/signal.suite.ts'
import { describeLeavingNothing } from './helpers/leaving-nothing.ts'

describeLeavingNothing('an AbortSignal', signalSuite)
