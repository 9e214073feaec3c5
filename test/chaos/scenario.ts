import { Redis } from 'ioredis'
import type { Remote } from 'redis-object-rpc'
import type { Backend } from './backends.ts'
import type { Work } from './server-process.ts'
import type { Stage } from './stage.ts'
import type { Tally } from './tally.ts'

/** One thing that goes wrong in the middle of 60 calls. */
export interface Scenario {
  readonly name: string
  /** @defaultValue 2 */
  readonly servers?: number
  /** @defaultValue a Redis in a process of its own */
  readonly backend?: () => Promise<Backend>
  /** A server dies, or is cut off for longer than its lease: some of its calls may end in `ServerLostError`. */
  readonly losesServer?: true
  /** Some of its calls may end so, because nobody can know any more whether they ran. */
  readonly mayEnd?: readonly string[]
  /** Further calls that it makes with `client` are counted by `tally`. Throws when it finds another promise broken. */
  readonly fault: (stage: Stage, tally: Tally, client: Remote<Work>) => Promise<void> | void
}

/** Runs commands on a connection past the proxies. */
export async function asAdmin(url: string, run: (redis: Redis) => Promise<unknown>): Promise<void> {
  const redis = new Redis(url)
  await run(redis)
  redis.disconnect()
}
