import type { Clock, Timer } from '../util/clock.ts'

/**
 * How long Redis may leave a command unanswered until its connection counts as dead, in ms. A half-open socket never
 * reports an error; a Redis that forks, or runs a long script, is silent for a second and must not be given up.
 */
export const LONGEST_SILENCE_MS = 1_900
/** What a process that was itself held up gets, to read what has arrived meanwhile. */
const SECOND_LOOK_MS = 100

/**
 * Runs something when it was not stopped in time. It looks twice: in a process that was busy for as long as that, the timer
 * fires before the socket is read, although the answer has been lying there.
 */
export class Watchdog {
  readonly #clock: Clock
  readonly #run: () => void
  readonly #progress: () => number
  #timer: Timer | undefined

  /** @param progress grows as the answer arrives: one that is on its way is slow, not missing */
  constructor(clock: Clock, run: () => void, progress: () => number = () => 0) {
    this.#clock = clock
    this.#run = run
    this.#progress = progress
  }

  /** Watches from now on, for `limitMs`. */
  start(limitMs: number): void {
    this.#clock.clearTimer(this.#timer)
    const before = this.#progress()
    this.#timer = this.#clock.setTimer(() => this.#suspect(limitMs, before), limitMs)
  }

  stop(): void {
    this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
  }

  #suspect(limitMs: number, before: number): void {
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined
      if (this.#progress() !== before) this.start(limitMs)
      else this.#run()
    }, SECOND_LOOK_MS)
  }
}
