import type { Clock, ClockTimer } from '../../util/clock.ts'
import { LONGEST_MS } from '../../util/options.ts'

/** Calls `run` at a point in time, however far away. */
export class Deadline {
  readonly #clock: Clock
  readonly #at: number
  readonly #run: () => void
  #timer: ClockTimer | undefined

  constructor(clock: Clock, at: number, run: () => void) {
    this.#clock = clock
    this.#at = at
    this.#run = run
    this.#arm()
  }

  cancel(): void {
    this.#clock.clearTimer(this.#timer)
  }

  #arm(): void {
    const left = this.#at - this.#clock.now()
    this.#timer = this.#clock.setTimer(
      () => (left > LONGEST_MS ? this.#arm() : this.#run()),
      Math.min(left, LONGEST_MS),
    )
  }
}
