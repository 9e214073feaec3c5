import { objectsSuite } from './conformance/objects.suite.ts'
import { describeLeavingNothing } from './helpers/leaving-nothing.ts'

describeLeavingNothing('a remote object', objectsSuite)
