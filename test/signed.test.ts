import { signedSuite } from './conformance/signed.suite.ts'
import { describeLeavingNothing } from './helpers/leaving-nothing.ts'

describeLeavingNothing('signed messages', signedSuite)
