import { ClosedError } from '../../errors.ts'
import type { Clock } from '../../util/clock.ts'
import type { WaitLimits } from '../options.ts'
import { ItemWait } from '../wait.ts'

/** Takes items as long as it has room. */
export interface Consumer<I> {
  /** How many items it can take now. */
  readonly free: number
  /** How many items it can handle at once. */
  readonly concurrency: number
  take(item: I): void
  /** There will be no more items, because of a permanent error. */
  fail(error: Error): void
}

/**
 * Knows which consumers want items, and how many: single waits first, in the order they began, then
 * consumers of many. A reader fetches no more than is wanted, since items in flight here are
 * unavailable to others.
 */
export class Consumers<I> {
  readonly #clock: Clock
  readonly #changed: () => void
  readonly #blindness: () => Error | undefined
  /** In insertion order, which is the order in which waits began. */
  readonly #waits = new Set<ItemWait<I>>()
  readonly #consumers = new Set<Consumer<I>>()
  #closed: string | undefined

  /**
   * @param changed called when more may be wanted, or nothing is wanted any more
   * @param blindness see {@link ItemWait}
   */
  constructor(clock: Clock, changed: () => void, blindness: () => Error | undefined) {
    this.#clock = clock
    this.#changed = changed
    this.#blindness = blindness
  }

  /** How many items are currently wanted. */
  get wanted(): number {
    let wanted = this.#waits.size
    for (const consumer of this.#consumers) wanted += consumer.free
    return wanted
  }

  /** How many are wanted at most: those wanted now plus those being handled. */
  get capacity(): number {
    let capacity = this.#waits.size
    for (const consumer of this.#consumers) capacity += consumer.concurrency
    return capacity
  }

  /**
   * Waits for one item; undefined if none came in time.
   * @throws ClosedError, the signal's reason, or what {@link Consumers.fail} was given
   */
  async wait(limits: WaitLimits): Promise<I | undefined> {
    limits.signal?.throwIfAborted()
    if (this.#closed !== undefined) throw new ClosedError(this.#closed)
    const wait = new ItemWait<I>(limits, this.#clock, this.#blindness, () => {
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

  /** Passes an item to a consumer; false if none wants it. */
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

  /**
   * Ends the waits that are not patient with a temporary error; the others, and consumers,
   * continue.
   */
  fail(makeError: () => unknown): void {
    for (const wait of [...this.#waits]) if (!wait.isPatient) wait.fail(makeError)
  }

  /** Ends all waits and consumers with a permanent error. */
  failAll(error: Error): void {
    this.#endWaits(() => error)
    for (const consumer of [...this.#consumers]) consumer.fail(error)
  }

  /** Ends all current and future waits with a `ClosedError`. */
  close(message: string): void {
    this.#closed = message
    this.#endWaits(() => new ClosedError(message))
  }

  #endWaits(makeError: () => unknown): void {
    for (const wait of [...this.#waits]) wait.fail(makeError)
  }
}
