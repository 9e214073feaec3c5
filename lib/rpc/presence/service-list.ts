/**
 * The list of all services on a Redis: a sorted set of their names, scored with the end of their
 * leases. Servers maintain it on a best-effort basis; calls do not need it.
 */
import { isPermanent, readFailure } from '../../link/redis-failure.ts'
import type { RedisLife } from '../../link/source.ts'
import { SERVICE_LIST } from '../../wire/keys.ts'
import { redisTime } from './server-table.ts'

/** How many services one look shows. */
const MOST_SERVICES = 10_000

/**
 * Returns the names of the services that have a live server, sorted.
 * @param estimate estimates Redis's clock, if TIME is not allowed
 */
export async function listServices(redis: RedisLife, estimate: () => number): Promise<string[]> {
  const now = await redisTime(redis, estimate)
  const names = await redis.zrange(SERVICE_LIST, `(${now}`, '+inf', 'BYSCORE', 'LIMIT', 0, MOST_SERVICES)
  // Anybody may write the list; names that are not UTF-8 may read the same.
  return [...new Set(names)].filter((name) => name !== '').sort()
}

export interface ServiceEntryOptions {
  readonly service: string
  readonly leaseMs: number
  /** Runs commands; rejects if there is no connection, or if it is lost. */
  readonly run: <T>(commands: (redis: RedisLife) => Promise<T>) => Promise<T>
}

/**
 * Maintains a server's service in the list. In a Cluster the list is in another slot than the keys
 * of the service, so each command is sent separately. A user without permission to write the list
 * can still serve.
 */
export class ServiceEntry {
  readonly #options: ServiceEntryOptions
  #writing: Promise<unknown> | undefined
  #isForbidden = false

  constructor(options: ServiceEntryOptions) {
    this.#options = options
  }

  /** The server has renewed its lease. @param now Redis's clock then */
  renew(now: number): void {
    if (this.#isForbidden || this.#writing !== undefined) return
    const { service, leaseMs, run } = this.#options
    this.#writing = run((redis) =>
      Promise.all([
        // Another server of the service may have a longer lease.
        redis.zadd(SERVICE_LIST, 'GT', now + leaseMs, service),
        redis.zremrangebyscore(SERVICE_LIST, '-inf', now),
        // If all servers die, no one is left to remove expired members.
        redis.pexpire(SERVICE_LIST, leaseMs, 'NX').catch(() => 0),
        redis.pexpire(SERVICE_LIST, leaseMs, 'GT').catch(() => 0),
      ]),
    )
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#writing = undefined
      })
  }

  /** The server has left its table. @param isLast no other server of the service is alive */
  async leave(isLast: boolean): Promise<void> {
    const { service, run } = this.#options
    await this.#writing
    if (isLast && !this.#isForbidden) await run((redis) => redis.zrem(SERVICE_LIST, service)).catch(() => {})
  }

  /** A forbidden command is not tried again; after any other error the next renewal tries again. */
  #failed(error: unknown): void {
    this.#isForbidden = isPermanent(readFailure(error))
  }
}
