import { type Clock, type ClockTimer, systemClock } from '../util/clock.ts'
import type { Connection } from './connection.ts'
import { isPermanent, readFailure } from './redis-failure.ts'
import type { RedisLife } from './source.ts'

/** Clocks drift and can be set. */
const MEASURE_EVERY_MS = 60_000

/**
 * The time on Redis's clock. Deadlines use it, so that hosts with different clocks agree. If TIME
 * is not allowed, the local clock is used.
 * @see https://redis.io/docs/latest/commands/time/
 */
export class RedisTime {
  readonly #connection: Connection
  readonly #clock: Clock
  #offsetMs = 0
  #timer: ClockTimer | undefined
  #stopped = false

  /** Measures every minute, and after each reconnection, because another server may answer then. */
  constructor(connection: Connection, clock: Clock = systemClock) {
    this.#connection = connection
    this.#clock = clock
    connection.observe({ up: (life) => void this.measure(life).catch(() => {}) })
  }

  /** Milliseconds since 1970, on Redis's clock. */
  now(): number {
    return this.at(this.#clock.now())
  }

  /** Converts `ownMs` on the local clock to Redis's clock. */
  at(ownMs: number): number {
    return ownMs + this.#offsetMs
  }

  /** Asks Redis; the answer is assumed to be from the middle of the round trip. */
  async measure(life: RedisLife): Promise<void> {
    const asked = this.#clock.now()
    const reply = await life.time().catch(unlessRefused)
    if (reply === undefined) {
      this.#offsetMs = 0
      return
    }
    const [seconds, microseconds] = reply
    const answered = this.#clock.now()
    const redisNow = Number(seconds) * 1_000 + Number(microseconds) / 1_000
    this.#offsetMs = Math.round(redisNow - (asked + answered) / 2)
    this.#measureLater()
  }

  /** Stops measuring. */
  stop(): void {
    this.#stopped = true
    this.#clock.clearTimer(this.#timer)
  }

  #measureLater(): void {
    this.#clock.clearTimer(this.#timer)
    if (this.#stopped) return
    this.#timer = this.#clock.setTimer(() => {
      const life = this.#connection.ready
      if (life !== undefined) this.measure(life).catch(() => {})
    }, MEASURE_EVERY_MS)
  }
}

function unlessRefused(error: unknown): undefined {
  if (!isPermanent(readFailure(error))) throw error
  return undefined
}
