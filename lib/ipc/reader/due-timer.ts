import type { Clock, ClockTimer } from '../../util/clock.ts'

/** Something that must be settled in time. */
export interface Due {
  dueAt: number
  timeoutMs: number
  /** Whether it is not settled yet. */
  readonly isUnacknowledged: boolean
}

/**
 * Finds items that were not settled in time. There is one timer for all, because a timer for each
 * would cost as much as the rest of a task.
 */
export class DueTimer<H extends Due> {
  readonly #clock: Clock
  readonly #items: () => Iterable<H>
  readonly #overdue: (item: H) => void
  #timer: ClockTimer | undefined
  #wakesAt = Number.POSITIVE_INFINITY

  /** @param items the items to check; settled ones are skipped */
  constructor(clock: Clock, items: () => Iterable<H>, overdue: (item: H) => void) {
    this.#clock = clock
    this.#items = items
    this.#overdue = overdue
  }

  /** Gives an item this much time from now on. */
  watch(item: H, timeoutMs: number): void {
    item.timeoutMs = timeoutMs
    item.dueAt = this.#clock.now() + timeoutMs
    this.#wakeAt(item.dueAt)
  }

  stop(): void {
    this.#clock.clearTimer(this.#timer)
  }

  #wakeAt(dueAt: number): void {
    if (dueAt >= this.#wakesAt) return
    this.#clock.clearTimer(this.#timer)
    this.#wakesAt = dueAt
    this.#timer = this.#clock.setTimer(() => this.#find(), Math.max(0, dueAt - this.#clock.now()))
  }

  #find(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    let next = Number.POSITIVE_INFINITY
    for (const item of this.#items()) {
      if (!item.isUnacknowledged) continue
      if (item.dueAt > now) next = Math.min(next, item.dueAt)
      else this.#overdue(item)
    }
    if (next < Number.POSITIVE_INFINITY) this.#wakeAt(next)
  }
}
