import { fakeTimersSuite } from './conformance/fake-timers.suite.ts'
import { describeLeavingNothing } from './helpers/leaving-nothing.ts'

describeLeavingNothing('faked timers', fakeTimersSuite)
