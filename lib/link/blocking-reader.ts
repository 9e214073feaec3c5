import { type Clock, systemClock } from '../util/clock.ts'
import { Connection } from './connection.ts'
import { isPermanent, readFailure } from './redis-failure.ts'
import type { RedisAddress, RedisLife } from './source.ts'
import { LONGEST_SILENCE_MS } from './watchdog.ts'

export interface BlockingReaderOptions {
  readonly connectTimeoutMs: number
  /** Receives errors that no caller gets. */
  readonly onError: (error: Error) => void
  readonly clock?: Clock
}

/** The connection broke before Redis answered, so it is unknown what the command did. */
export const LOST: unique symbol = Symbol('lost')

/** How long one command waits. Short enough for a cluster that moves slots; long enough to cost nothing. */
export const BLOCK_MS = 5_000
const RETRY_MS = 100

/**
 * Sends blocking commands, one at a time, on a separate connection. A half-open socket would block
 * forever, so a late command is abandoned together with its connection.
 */
export class BlockingReader {
  readonly #connection: Connection
  readonly #connectTimeoutMs: number
  readonly #clock: Clock

  constructor(address: RedisAddress, { connectTimeoutMs, onError, clock = systemClock }: BlockingReaderOptions) {
    this.#connectTimeoutMs = connectTimeoutMs
    this.#clock = clock
    this.#connection = new Connection(address, { connectTimeoutMs, clock })
    this.#connection.observe({ unavailable: onError })
  }

  /**
   * @param send sends the command, which must wait for at most {@link BLOCK_MS}
   * @returns its reply, or {@link LOST}
   * @throws ConnectionError when Redis cannot be reached
   * @throws ClosedError
   * @throws Redis's error, if it refuses the command permanently or for as long as the connect
   * time-out
   */
  async read<T>(send: (redis: RedisLife) => Promise<T>): Promise<T | typeof LOST> {
    let giveUpAt: number | undefined
    for (;;) {
      const redis = await this.#connection.open()
      try {
        return await this.#connection.watch(send(redis), BLOCK_MS + LONGEST_SILENCE_MS)
      } catch (error) {
        const failure = readFailure(error)
        if (isPermanent(failure)) throw error
        if (failure === 'moved') this.#connection.drop(redis)
        if (failure === 'lost') return LOST
        giveUpAt ??= this.#clock.now() + this.#connectTimeoutMs
        if (this.#clock.now() >= giveUpAt) throw error
      }
      await this.#connection.pause(RETRY_MS)
    }
  }

  /** Abandons the current command. */
  close(): void {
    this.#connection.close()
  }
}
