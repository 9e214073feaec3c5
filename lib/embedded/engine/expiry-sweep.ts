import type { Clock, ClockTimer } from '../../util/clock.ts'
import { LONGEST_MS } from '../../util/options.ts'
import type { Database } from '../keyspace/database.ts'

/** Keys removed at a time before other work gets its turn. */
const BATCH = 1000

/**
 * Removes expired keys and hash fields that no client accesses. It sleeps until the next expiry, so
 * it costs nothing when nothing expires.
 */
export class ExpirySweep {
  readonly #clock: Clock
  readonly #databases: readonly Database[]
  /** Runs the sweep as a unit of its own; gets the time when it begins. */
  readonly #unit: (run: () => void) => void
  #timer: ClockTimer | undefined
  #wakesAt = Infinity
  #stopped = false

  constructor(clock: Clock, databases: readonly Database[], unit: (run: () => void) => void) {
    this.#clock = clock
    this.#databases = databases
    this.#unit = unit
  }

  /** The earliest expiry of a database may have changed. */
  schedule(db: Database): void {
    const { nextExpiry } = db
    if (nextExpiry < this.#wakesAt) this.#sleepUntil(nextExpiry)
  }

  /** Pauses the sweep for good (`close`) or for a while (DEBUG SET-ACTIVE-EXPIRE 0). */
  stop(): void {
    this.#stopped = true
    this.#clock.clearTimer(this.#timer)
    this.#wakesAt = Infinity
  }

  start(): void {
    this.#stopped = false
    for (const db of this.#databases) this.schedule(db)
  }

  #sleepUntil(at: number): void {
    if (this.#stopped) return
    this.#clock.clearTimer(this.#timer)
    this.#wakesAt = at
    // A key expires after its millisecond, so add one.
    const delay = Math.min(Math.max(at + 1 - this.#clock.now(), 0), LONGEST_MS)
    this.#timer = this.#clock.setTimer(() => this.#wake(), delay)
  }

  #wake(): void {
    this.#wakesAt = Infinity
    this.#unit(() => {
      const now = this.#clock.now()
      let left = BATCH
      for (const db of this.#databases) {
        while (left > 0 && db.expireFirst(now)) left--
      }
    })
    for (const db of this.#databases) this.schedule(db)
  }
}
