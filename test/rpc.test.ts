import { rpcSuite } from './conformance/rpc.suite.ts'
import { describeLeavingNothing } from './helpers/leaving-nothing.ts'

describeLeavingNothing('object RPC', rpcSuite)
