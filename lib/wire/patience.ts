/**
 * Limits decoding time where size is no measure: the engine takes quadratic time to fill a Map with
 * numbers chosen to collide in its hash function, which is public, and up to a millisecond for
 * about twenty characters of a RegExp.
 */
import { ProtocolError } from '../errors.ts'
import { elapsedMs } from '../util/timers.ts'

/** Time that one message may take in addition to what its size explains. */
const ALLOWED_MS = 250
/** Time that one entry of a Map or Set may take on average; it takes a tenth of that. */
const ALLOWED_MS_PER_ENTRY = 0.002
/** Reading the clock costs as much as several entries. */
const ENTRIES_BETWEEN_LOOKS = 1_024

/** Measures the slow steps of decoding one message. */
export class Patience {
  private readonly now: () => number
  private spentMs = 0
  private entries = 0

  /** @param now - a clock in ms. */
  constructor(now: () => number = elapsedMs) {
    this.now = now
  }

  /** Runs one step. @throws ProtocolError when all steps together took too long */
  step<T>(run: () => T): T {
    const start = this.now()
    const result = run()
    this.spend(start)
    return result
  }

  /** Runs `fill` for each entry. @throws ProtocolError as above */
  each<T>(entries: readonly T[], fill: (entry: T) => void): void {
    // The entries of all collections count together: many small ones cost as much as a large one.
    let start = this.now()
    for (const entry of entries) {
      fill(entry)
      if (++this.entries % ENTRIES_BETWEEN_LOOKS === 0) {
        this.spend(start)
        start = this.now()
      }
    }
    this.spend(start)
  }

  private spend(start: number): void {
    this.spentMs += this.now() - start
    if (this.spentMs > ALLOWED_MS + this.entries * ALLOWED_MS_PER_ENTRY) {
      throw new ProtocolError('the values of this message take too long to decode')
    }
  }
}
