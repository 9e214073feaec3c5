import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { callbacksSuite } from './callbacks.suite.ts'

describeLeavingNothing('functions and signals among arguments and results', callbacksSuite)
