import type { Clock } from './clock.ts'

/** Pauses between attempts. Their owner ends them when it closes, so that no timer outlives it. */
export class Pauses {
  readonly #clock: Clock
  readonly #ends = new Set<() => void>()
  #isClosed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves `delayMs` from now; at once when closed. */
  wait(delayMs: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    return new Promise((resolve) => {
      const end = () => {
        this.#clock.clearTimer(timer)
        this.#ends.delete(end)
        resolve()
      }
      const timer = this.#clock.setTimer(end, delayMs)
      this.#ends.add(end)
    })
  }

  /** Ends all pauses, and those that would begin later. */
  close(): void {
    this.#isClosed = true
    for (const end of [...this.#ends]) end()
  }
}
