import { type Clock, systemClock } from '../util/clock.ts'
import { pause } from '../util/pause.ts'
import { Connection } from './connection.ts'
import { readFailure } from './redis-failure.ts'
import type { RedisAddress, RedisLife } from './source.ts'
import { LONGEST_SILENCE_MS } from './watchdog.ts'

export interface BlockingReaderOptions {
  readonly connectTimeoutMs: number
  /** What has no caller to tell. */
  readonly onError: (error: Error) => void
  readonly clock?: Clock
}

/** The connection broke before Redis answered: what the command did is not known. */
export const LOST: unique symbol = Symbol('lost')

/** How long one command waits. Short enough for a cluster that moves slots; long enough to cost nothing. */
export const BLOCK_MS = 5_000
const RETRY_MS = 100

/**
 * Sends commands that block, one at a time, on a connection of their own. A half-open socket would block for ever, so a
 * command that is late is given up together with its connection.
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
   * @param send gives the command, which must wait for {@link BLOCK_MS} at most
   * @returns its reply, or {@link LOST}
   * @throws ConnectionError when Redis cannot be reached
   * @throws ClosedError
   * @throws the error Redis has refused the command with, for good or for as long as the connect time-out
   */
  async read<T>(send: (redis: RedisLife) => Promise<T>): Promise<T | typeof LOST> {
    let giveUpAt: number | undefined
    for (;;) {
      const redis = await this.#connection.open()
      try {
        return await this.#connection.watch(send(redis), BLOCK_MS + LONGEST_SILENCE_MS)
      } catch (error) {
        const failure = readFailure(error)
        if (failure === 'refused' || failure === 'unsupported') throw error
        if (failure === 'moved') this.#connection.drop(redis)
        if (failure === 'lost') return LOST
        giveUpAt ??= this.#clock.now() + this.#connectTimeoutMs
        if (this.#clock.now() >= giveUpAt) throw error
      }
      await pause(this.#clock, RETRY_MS)
    }
  }

  /** Gives up what it waits for. */
  close(): void {
    this.#connection.close()
  }
}
