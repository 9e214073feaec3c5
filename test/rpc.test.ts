import { rpcSuite } from './conformance/rpc.suite.ts'
import { describeOnEachRedis } from './helpers/backends.ts'

describeOnEachRedis('object RPC', rpcSuite)
