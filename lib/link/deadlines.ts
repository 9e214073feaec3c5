import type { Clock, Timer } from '../util/clock.ts'

/** Something that gives up at a time of its own. */
export interface Expiring {
  /** When, in ms since 1970. */
  readonly deadlineAt: number
  /** @param cause what may have kept it waiting */
  expire(cause: unknown): void
}

/** After a look the next one is no sooner than that, in ms, however many deadlines lie close together. */
const SHORTEST_STEP_MS = 5

/**
 * Sees to it that calls give up in time, with one timer for all of them: at thousands of calls a second a timer for each costs
 * a tenth of the call. Most calls are over long before their deadline, so the timer fires rarely and then looks at all.
 */
export class Deadlines {
  readonly clock: Clock
  readonly #waiting: () => Iterable<Expiring>
  readonly #obstacle: () => unknown
  #timer: Timer | undefined
  #nextAt = Number.POSITIVE_INFINITY

  /**
   * @param waiting what has not settled yet
   * @param obstacle why nothing gets through just now; undefined: nothing is known
   */
  constructor(clock: Clock, waiting: () => Iterable<Expiring>, obstacle: () => unknown) {
    this.clock = clock
    this.#waiting = waiting
    this.#obstacle = obstacle
  }

  /** Something began to wait until then. */
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
