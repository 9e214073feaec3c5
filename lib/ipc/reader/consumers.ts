import { ClosedError } from '../../errors.ts'
import type { Clock } from '../../util/clock.ts'
import type { WaitLimits } from '../options.ts'
import { Wait } from '../wait.ts'

/** Somebody who takes items for as long as it has room. */
export interface Consumer<I> {
  /** How many it takes now. */
  readonly free: number
  /** How many it takes at most at a time. */
  readonly concurrency: number
  take(item: I): void
  /** There will be no items, for a reason that does not mend by itself. */
  fail(error: Error): void
}

/**
 * Who wants items, and how many of them: single waits first, in the order they began, then those that take many. A reader
 * fetches no more than is wanted, since nobody else can have what is in flight here.
 */
export class Consumers<I> {
  readonly #clock: Clock
  readonly #changed: () => void
  readonly #blindness: () => Error | undefined
  /** In insertion order, which is that of the waits. */
  readonly #waits = new Set<Wait<I>>()
  readonly #consumers = new Set<Consumer<I>>()
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
    for (const consumer of this.#consumers) wanted += consumer.free
    return wanted
  }

  /** How many are wanted at most at a time: what is wanted now, and what is being handled. */
  get capacity(): number {
    let capacity = this.#waits.size
    for (const consumer of this.#consumers) capacity += consumer.concurrency
    return capacity
  }

  /**
   * Waits for one item; undefined when none came in time.
   * @throws ClosedError, the signal's reason, or what {@link Consumers.fail} was given
   */
  async wait(limits: WaitLimits): Promise<I | undefined> {
    limits.signal?.throwIfAborted()
    if (this.#closed !== undefined) throw new ClosedError(this.#closed)
    const wait = new Wait<I>(limits, this.#clock, this.#blindness, () => {
      this.#waits.delete(wait)
      if (this.#waits.size === 0) this.#changed()
    })
    this.#waits.add(wait)
    this.#changed()
    return wait.result()
  }

  attach(consumer: Consumer<I>): void {
    this.#consumers.add(consumer)
    this.#changed()
  }

  detach(consumer: Consumer<I>): void {
    this.#consumers.delete(consumer)
    this.#changed()
  }

  /** Hands an item over; false when nobody wants it. */
  give(item: I): boolean {
    for (const wait of this.#waits) {
      wait.give(item)
      return true
    }
    for (const consumer of this.#consumers) {
      if (consumer.free === 0) continue
      consumer.take(item)
      return true
    }
    return false
  }

  /** Ends the waits that are not patient with an error that may mend by itself; the others, and consumers, go on. */
  fail(makeError: () => unknown): void {
    for (const wait of [...this.#waits]) if (!wait.isPatient) wait.fail(makeError)
  }

  /** Ends all waits, and consumers too, with an error that does not mend by itself. */
  failAll(error: Error): void {
    this.#endWaits(() => error)
    for (const consumer of [...this.#consumers]) consumer.fail(error)
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
