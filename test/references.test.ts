import { referencesSuite } from './conformance/references.suite.ts'
import { describeLeavingNothing } from './helpers/leaving-nothing.ts'

describeLeavingNothing('objects by reference', referencesSuite)
