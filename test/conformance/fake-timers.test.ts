import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { fakeTimersSuite } from './fake-timers.suite.ts'

describeLeavingNothing('faked timers', fakeTimersSuite)
