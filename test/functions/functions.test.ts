import { describeOnEachRedis } from '../helpers/backends.ts'
import { clientCallsSuite } from './client-calls.suite.ts'
import { clientWaitsSuite } from './client-waits.suite.ts'
import { failureSuite } from './failure.suite.ts'
import { middlewareSuite } from './middleware.suite.ts'
import { pythonSuite } from './python.suite.ts'
import { serverLifeSuite } from './server-life.suite.ts'
import { serverMessagesSuite } from './server-messages.suite.ts'

/** The protocol of redis-rpc, byte for byte, and what is better here than in the originals. */
describeOnEachRedis('functions', (redis) => {
  describe('server: messages', () => serverMessagesSuite(redis))
  describe('server: life', () => serverLifeSuite(redis))
  describe('client: calls', () => clientCallsSuite(redis))
  describe('client: waits', () => clientWaitsSuite(redis))
  describe('middleware', () => middlewareSuite(redis))
  describe('failure', () => failureSuite(redis))
  describe('beside Python', function () {
    pythonSuite.call(this, redis)
  })
})
