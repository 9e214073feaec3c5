import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { pipeSuite } from './pipe.suite.ts'

describeLeavingNothing('a pipeline', pipeSuite)
