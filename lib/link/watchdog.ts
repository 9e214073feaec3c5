import type { Clock, Timer } from '../util/clock.ts'

/**
 * How long Redis may leave a command unanswered until its connection counts as dead, in ms. A half-open socket never
 * reports an error; a Redis that forks, or runs a long script, is silent for a second or two and must not be given up.
 */
export const LONGEST_SILENCE_MS = 5_000
/** What a process that was itself held up gets, to read what has arrived meanwhile. */
const SECOND_LOOK_MS = 100

/**
 * Runs something when it was not stopped in time. It looks twice: in a process that was busy for as long as that, the timer
 * fires before the socket is read, although the answer has been lying there.
 */
export class Watchdog {
  readonly #clock: Clock
  readonly #run: () => void
  #timer: Timer | undefined

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock
    this.#run = run
  }

  /** Watches from now on, for `limitMs`. */
  start(limitMs: number): void {
    this.#clock.clearTimer(this.#timer)
    this.#timer = this.#clock.setTimer(this.#suspect, limitMs)
  }

  stop(): void {
    this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
  }

  readonly #suspect = (): void => {
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined
      this.#run()
    }, SECOND_LOOK_MS)
  }
}
