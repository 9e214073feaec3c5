import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { pipeSuite } from './pipe/pipe.suite.ts'

describeLeavingNothing('a pipeline', pipeSuite)
