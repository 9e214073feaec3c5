import type { RunningRedis } from '../../helpers/backends.ts'
import { calculating } from './calculator.ts'
import { endsSuite } from './ends.suite.ts'
import { fatesSuite } from './fates.suite.ts'
import { methodsSuite } from './methods.suite.ts'

/** What object RPC promises, whatever Redis is between its ends. */
export function rpcSuite(redis: () => RunningRedis): void {
  const ends = calculating(redis)
  methodsSuite(ends)
  fatesSuite(ends)
  endsSuite(ends)
}
