import type { Clock, ClockTimer } from '../util/clock.ts'

/**
 * How long Redis may leave a command unanswered before its connection counts as dead, in ms. A
 * half-open socket never reports an error, but a Redis that forks or runs a long script may be
 * silent for a second and must not be dropped.
 */
export const LONGEST_SILENCE_MS = 1_900
/** Extra time for a process that was blocked itself, to read what has arrived. */
const SECOND_LOOK_MS = 100

/**
 * Runs a function if it was not stopped in time. It checks twice: in a process that was busy for
 * that long, the timer fires before the socket is read, although the answer has already arrived.
 */
export class Watchdog {
  readonly #clock: Clock
  readonly #run: () => void
  readonly #progress: () => number
  #timer: ClockTimer | undefined

  /** @param progress grows as the answer arrives: a partial answer is slow, not missing */
  constructor(clock: Clock, run: () => void, progress: () => number = () => 0) {
    this.#clock = clock
    this.#run = run
    this.#progress = progress
  }

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
