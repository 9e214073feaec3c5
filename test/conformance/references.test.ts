import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { referencesSuite } from './references.suite.ts'

describeLeavingNothing('objects by reference', referencesSuite)
