import { pipeSuite } from './conformance/pipe.suite.ts'
import { describeLeavingNothing } from './helpers/leaving-nothing.ts'

describeLeavingNothing('a pipeline', pipeSuite)
