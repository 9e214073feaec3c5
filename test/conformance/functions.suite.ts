import { clientCallsSuite } from '../functions/client-calls.suite.ts'
import { clientWaitsSuite } from '../functions/client-waits.suite.ts'
import { failureSuite } from '../functions/failure.suite.ts'
import { pythonSuite } from '../functions/python.suite.ts'
import { serverLifeSuite } from '../functions/server-life.suite.ts'
import { serverMessagesSuite } from '../functions/server-messages.suite.ts'
import type { RunningRedis } from '../helpers/backends.ts'

/** The protocol of redis-rpc, byte for byte, and what is better here than in the originals. */
export function functionsSuite(redis: () => RunningRedis): void {
  describe('server: messages', () => serverMessagesSuite(redis))
  describe('server: life', () => serverLifeSuite(redis))
  describe('client: calls', () => clientCallsSuite(redis))
  describe('client: waits', () => clientWaitsSuite(redis))
  describe('failure', () => failureSuite(redis))
  describe('beside Python', function () {
    pythonSuite.call(this, redis)
  })
}
