import type { Clock, Timer } from '../../util/clock.ts'

/** Node's timers take 31 bits of milliseconds; a longer delay would fire at once. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1

/** Calls `run` at a point in time, however far away. */
export class Deadline {
  readonly #clock: Clock
  readonly #at: number
  readonly #run: () => void
  #timer: Timer | undefined

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
      () => (left > LONGEST_TIMER_MS ? this.#arm() : this.#run()),
      Math.min(left, LONGEST_TIMER_MS),
    )
  }
}
