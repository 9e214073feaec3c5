import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { classicSuite } from './classic.suite.ts'

describeLeavingNothing('classic dialect', classicSuite)
