import { callbacksSuite } from './conformance/callbacks.suite.ts'
import { describeLeavingNothing } from './helpers/leaving-nothing.ts'

describeLeavingNothing('functions and signals among arguments and results', callbacksSuite)
