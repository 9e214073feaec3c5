import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { objectsSuite } from './objects.suite.ts'

describeLeavingNothing('a remote object', objectsSuite)
