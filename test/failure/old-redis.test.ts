import { rpcSuite } from '../conformance/rpc/rpc.suite.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'

describe('object RPC on a Redis without BLMPOP', () => {
  let redis: RedisProcess
  before(async function () {
    needRedisServer.call(this)
    redis = await RedisProcess.start(['--rename-command', 'BLMPOP', ''])
  })
  after(() => redis?.close())
  rpcSuite(() => redis)
})
