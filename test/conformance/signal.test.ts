import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { signalSuite } from './signal.suite.ts'

describeLeavingNothing('an AbortSignal', signalSuite)
