/**
 * The list of all services on a Redis: a sorted set of their names, by when they are alive until. Servers keep it as well as they can; calls
 * do not need it.
 */
import { readFailure } from '../link/redis-failure.ts'
import type { RedisLife } from '../link/source.ts'
import { SERVICE_LIST } from '../wire/keys.ts'
import { redisTime } from './server-table.ts'

/** How many services one look shows. */
const MOST_SERVICES = 10_000

/** The names of the services that have a live server, sorted. @param estimate what Redis's clock is taken to be, where it may not be asked */
export async function listServices(redis: RedisLife, estimate: () => number): Promise<string[]> {
  const now = await redisTime(redis, estimate)
  const names = await redis.zrange(SERVICE_LIST, `(${now}`, '+inf', 'BYSCORE', 'LIMIT', 0, MOST_SERVICES)
  return names.toSorted()
}

export interface ServiceEntryOptions {
  readonly service: string
  readonly leaseMs: number
  /** Runs commands, and rejects when there is no connection, or it is lost meanwhile. */
  readonly run: <T>(commands: (redis: RedisLife) => Promise<T>) => Promise<T>
}

/**
 * One server's part in the list: its service's name. In a Cluster the list is in another slot than the keys of the service, so each
 * command is sent by itself; and a user who may not write the list can serve all the same.
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
        // If all servers die, nobody is left to remove what has expired.
        redis.pexpire(SERVICE_LIST, leaseMs, 'NX').catch(() => 0),
        redis.pexpire(SERVICE_LIST, leaseMs, 'GT').catch(() => 0),
      ]),
    )
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#writing = undefined
      })
  }

  /** The server has left its table. @param isLast no other server of the service lives */
  async leave(isLast: boolean): Promise<void> {
    const { service, run } = this.#options
    await this.#writing
    if (isLast && !this.#isForbidden) await run((redis) => redis.zrem(SERVICE_LIST, service)).catch(() => {})
  }

  /** What is not allowed is not tried again; anything else is, with the next renewal. */
  #failed(error: unknown): void {
    const failure = readFailure(error)
    this.#isForbidden = failure === 'refused' || failure === 'unsupported'
  }
}
