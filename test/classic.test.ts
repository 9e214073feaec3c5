import { classicSuite } from './conformance/classic.suite.ts'
import { describeLeavingNothing } from './helpers/leaving-nothing.ts'

describeLeavingNothing('classic dialect', classicSuite)
