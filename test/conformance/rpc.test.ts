import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { rpcSuite } from './rpc/rpc.suite.ts'

describeLeavingNothing('object RPC', rpcSuite)
