import type { RunningRedis } from '../../helpers/backends.ts'
import { streamEndsSuite } from './ends.suite.ts'
import { endsOf } from './feed.ts'
import { streamItemsSuite } from './items.suite.ts'
import { streamLimitsSuite } from './limits.suite.ts'

/** What a stream promises, whatever Redis is between its ends. */
export function streamsSuite(redis: () => RunningRedis): void {
  const ends = endsOf(redis)
  streamItemsSuite(ends)
  streamEndsSuite(ends)
  streamLimitsSuite(ends)
}
