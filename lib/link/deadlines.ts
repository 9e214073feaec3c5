import type { Clock, ClockTimer } from '../util/clock.ts'

/** Something that times out at its deadline. */
export interface Expiring {
  /** When, in ms since 1970. */
  readonly deadlineAt: number
  /** @param cause a possible reason for the delay */
  expire(cause: unknown): void
}

/** The shortest time between two checks, in ms, however close deadlines are. */
const SHORTEST_STEP_MS = 5

/**
 * Expires calls at their deadlines, with one timer for all: at thousands of calls per second, a
 * timer for each would cost a tenth of the call. Most calls end long before their deadline, so the
 * timer fires rarely and then checks all calls.
 */
export class Deadlines {
  readonly clock: Clock
  readonly #waiting: () => Iterable<Expiring>
  readonly #obstacle: () => unknown
  #timer: ClockTimer | undefined
  #nextAt = Number.POSITIVE_INFINITY

  /**
   * @param waiting the unsettled calls
   * @param obstacle why nothing gets through at the moment; undefined: unknown
   */
  constructor(clock: Clock, waiting: () => Iterable<Expiring>, obstacle: () => unknown) {
    this.clock = clock
    this.#waiting = waiting
    this.#obstacle = obstacle
  }

  /** Registers a new deadline. */
  watch(deadlineAt: number): void {
    if (deadlineAt < this.#nextAt) this.#wakeAt(deadlineAt)
  }

  stop(): void {
    this.clock.clearTimer(this.#timer)
    this.#timer = undefined
    this.#nextAt = Number.POSITIVE_INFINITY
  }

  #wakeAt(time: number): void {
    this.clock.clearTimer(this.#timer)
    this.#nextAt = time
    this.#timer = this.clock.setTimer(this.#look, time - this.clock.now())
  }

  readonly #look = (): void => {
    this.stop()
    const now = this.clock.now()
    let next = Number.POSITIVE_INFINITY
    const due: Expiring[] = []
    for (const waiting of this.#waiting()) {
      if (waiting.deadlineAt <= now) due.push(waiting)
      else if (waiting.deadlineAt < next) next = waiting.deadlineAt
    }
    const obstacle = due.length === 0 ? undefined : this.#obstacle()
    for (const waiting of due) waiting.expire(obstacle)
    if (next < this.#nextAt) this.#wakeAt(Math.max(next, now + SHORTEST_STEP_MS))
  }
}
