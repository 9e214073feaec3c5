import { fakeTimersSuite } from './conformance/fake-timers.suite.ts'
import { describeOnEachRedis } from './helpers/backends.ts'

describeOnEachRedis('faked timers', fakeTimersSuite)
