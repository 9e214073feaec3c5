import { toCallerError } from '../link/redis-failure.ts'
import { Reports } from '../link/reports.ts'
import type { RedisLife } from '../link/source.ts'
import type { Clock, ClockTimer } from '../util/clock.ts'

export interface HeartbeatOptions {
  readonly key: string
  readonly periodMs: number
  readonly expireMs: number
  /** The connection, or undefined while there is none. */
  readonly redis: () => RedisLife | undefined
  readonly onError: (error: Error) => void
  readonly clock: Clock
}

/**
 * A key that expires unless it is set again: it exists while the server is alive, and disappears
 * soon after it was killed.
 * @see https://redis.io/docs/latest/commands/set/
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #reports: Reports
  #timer: ClockTimer | undefined
  #isBeating = false
  #isStopped = false

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#reports = new Reports(options.onError)
  }

  /**
   * Sets the key for the first time and keeps renewing it, unless it was stopped.
   * @throws ConnectionError when Redis refuses it
   */
  async start(redis: RedisLife): Promise<void> {
    if (this.#isStopped) return
    this.#isBeating = true
    await this.#set(redis)
    this.#schedule()
  }

  /** Sets the key immediately. Used after a reconnection, because the key may have expired. */
  beat(): void {
    const redis = this.#options.redis()
    if (!this.#isBeating || redis === undefined) return
    // Others report a lost connection.
    this.#set(redis).then(
      () => this.#reports.clear(),
      (error: Error) => redis === this.#options.redis() && this.#reports.tell(error),
    )
  }

  /** Stops renewing and removes the key. */
  stop(): void {
    this.#isStopped = true
    if (!this.#isBeating) return
    this.#isBeating = false
    this.#options.clock.clearTimer(this.#timer)
    this.#options
      .redis()
      ?.del(this.#options.key)
      .catch(() => {})
  }

  #schedule(): void {
    if (!this.#isBeating) return
    this.#timer = this.#options.clock.setTimer(() => {
      this.beat()
      this.#schedule()
    }, this.#options.periodMs)
  }

  async #set(redis: RedisLife): Promise<void> {
    const { key, expireMs } = this.#options
    const set =
      expireMs % 1_000 === 0 ? redis.set(key, '1', 'EX', expireMs / 1_000) : redis.set(key, '1', 'PX', expireMs)
    await set.catch((error: unknown) => {
      throw toCallerError(error, `set ${key}`)
    })
  }
}
