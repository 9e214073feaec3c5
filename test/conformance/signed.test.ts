import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { signedSuite } from './signed/signed.suite.ts'

describeLeavingNothing('signed messages', signedSuite)
