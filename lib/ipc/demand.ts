import { ClosedError } from '../errors.ts'
import type { Clock } from '../util/clock.ts'
import type { WaitLimits } from './options.ts'
import { Wait } from './wait.ts'

/** Somebody who takes items for as long as it has room. */
export interface Taker<T> {
  /** How many it takes now. */
  readonly free: number
  /** How many it takes at most at a time. */
  readonly concurrency: number
  take(item: T): void
  /** There will be no items, for a reason that does not mend by itself. */
  fail(error: Error): void
}

/**
 * Who wants items, and how many of them: single waits first, in the order they began, then those that take many. A reader
 * fetches no more than is wanted, since what it holds nobody else can have.
 */
export class Demand<T> {
  readonly #clock: Clock
  readonly #changed: () => void
  readonly #blindness: () => Error | undefined
  /** In insertion order, which is that of the waits. */
  readonly #waits = new Set<Wait<T>>()
  readonly #takers = new Set<Taker<T>>()
  #closed: string | undefined

  /**
   * @param changed called when more may be wanted, or nothing any more
   * @param blindness see {@link Wait}
   */
  constructor(clock: Clock, changed: () => void, blindness: () => Error | undefined) {
    this.#clock = clock
    this.#changed = changed
    this.#blindness = blindness
  }

  /** How many items are wanted now. */
  get wanted(): number {
    let wanted = this.#waits.size
    for (const taker of this.#takers) wanted += taker.free
    return wanted
  }

  /** How many are wanted at most at a time: what is wanted now, and what is being handled. */
  get capacity(): number {
    let capacity = this.#waits.size
    for (const taker of this.#takers) capacity += taker.concurrency
    return capacity
  }

  /**
   * Waits for one item; undefined when none came in time.
   * @throws ClosedError, the signal's reason, or what {@link Demand.fail} was given
   */
  async wait(limits: WaitLimits): Promise<T | undefined> {
    limits.signal?.throwIfAborted()
    if (this.#closed !== undefined) throw new ClosedError(this.#closed)
    const wait = new Wait<T>(limits, this.#clock, this.#blindness, () => {
      this.#waits.delete(wait)
      if (this.#waits.size === 0) this.#changed()
    })
    this.#waits.add(wait)
    this.#changed()
    return wait.result()
  }

  attach(taker: Taker<T>): void {
    this.#takers.add(taker)
    this.#changed()
  }

  detach(taker: Taker<T>): void {
    this.#takers.delete(taker)
    this.#changed()
  }

  /** Hands an item over; false when nobody wants it. */
  give(item: T): boolean {
    for (const wait of this.#waits) {
      wait.give(item)
      return true
    }
    for (const taker of this.#takers) {
      if (taker.free === 0) continue
      taker.take(item)
      return true
    }
    return false
  }

  /** Ends the waits that are not patient with an error that may mend by itself; the others, and takers, go on. */
  fail(makeError: () => unknown): void {
    for (const wait of [...this.#waits]) if (!wait.isPatient) wait.fail(makeError)
  }

  /** Ends all waits, and takers too, with an error that does not mend by itself. */
  failAll(error: Error): void {
    this.#endWaits(() => error)
    for (const taker of [...this.#takers]) taker.fail(error)
  }

  /** Ends all waits, now and to come, with a `ClosedError`. */
  close(message: string): void {
    this.#closed = message
    this.#endWaits(() => new ClosedError(message))
  }

  #endWaits(makeError: () => unknown): void {
    for (const wait of [...this.#waits]) wait.fail(makeError)
  }
}
