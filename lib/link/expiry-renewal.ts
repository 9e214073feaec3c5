import { ConnectionError } from '../errors.ts'
import type { Clock, ClockTimer } from '../util/clock.ts'
import type { Connection } from './connection.ts'
import { readFailure } from './redis-failure.ts'

const RENEW_EVERY_MS = 1_000

/**
 * Makes lists expire some time after the last push. A list with frequent pushes gets one PEXPIRE
 * per second, because one after each push would cost Redis a quarter of its work. Since an emptied
 * list loses its expiry, every push, including the last one, is followed by a renewal within a
 * second.
 * @see https://redis.io/docs/latest/commands/pexpire/
 */
export class ExpiryRenewal {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #onError: (error: Error) => void
  /** Lists pushed to within the last second, with the pending expiry if there was another push. */
  readonly #recent = new Map<string, number | undefined>()
  #timer: ClockTimer | undefined
  #refused = false

  constructor(connection: Connection, clock: Clock, onError: (error: Error) => void) {
    this.#connection = connection
    this.#clock = clock
    this.#onError = onError
  }

  /** A push to `list` has just been sent. */
  pushed(list: string, expireMs: number): void {
    if (this.#recent.has(list)) {
      this.#recent.set(list, expireMs)
      return
    }
    this.#recent.set(list, undefined)
    void this.#expire(list, expireMs)
    this.#timer ??= this.#clock.setTimer(this.#renew, RENEW_EVERY_MS)
  }

  /** Sends the renewals that are due, sets no more timers, and resolves once Redis has answered. */
  async stop(): Promise<void> {
    this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
    const due = [...this.#recent]
    this.#recent.clear()
    await Promise.all(due.map(([list, expireMs]) => expireMs !== undefined && this.#expire(list, expireMs)))
  }

  readonly #renew = (): void => {
    this.#timer = undefined
    // Not connected: the renewals wait.
    const lists = this.#connection.ready === undefined ? [] : this.#recent
    for (const [list, expireMs] of lists) {
      if (expireMs === undefined) this.#recent.delete(list)
      else {
        this.#recent.set(list, undefined)
        void this.#expire(list, expireMs)
      }
    }
    if (this.#recent.size > 0) this.#timer = this.#clock.setTimer(this.#renew, RENEW_EVERY_MS)
  }

  async #expire(list: string, expireMs: number): Promise<void> {
    await this.#connection.ready?.pexpire(list, expireMs).catch((error: unknown) => this.#failed(list, error))
  }

  /** Without an expiry, the lists of clients that are gone stay forever; this is reported once. */
  #failed(list: string, error: unknown): void {
    if (this.#refused || readFailure(error) !== 'refused') return
    this.#refused = true
    const { message } = error as Error
    this.#onError(new ConnectionError(`${list} does not expire: Redis refused: ${message}`, { cause: error }))
  }
}
