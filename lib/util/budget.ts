import type { Clock } from './clock.ts'
import { waitAtMost } from './within.ts'

/** Time for waits that follow one another: each may take what the ones before it have left. */
export class Budget {
  readonly #clock: Clock
  #leftMs: number

  constructor(clock: Clock, totalMs: number) {
    this.#clock = clock
    this.#leftMs = totalMs
  }

  /** Runs something that waits for no longer than it is told. */
  async spend<T>(wait: (limitMs: number) => Promise<T>): Promise<T> {
    const began = this.#clock.now()
    try {
      return await wait(this.#leftMs)
    } finally {
      this.#leftMs = Math.max(0, this.#leftMs - (this.#clock.now() - began))
    }
  }

  /** Waits until `work` has ended in whatever way, but no longer than what is left. */
  wait(work: Promise<unknown>): Promise<void> {
    return this.spend((limitMs) => waitAtMost(this.#clock, limitMs, work))
  }
}
