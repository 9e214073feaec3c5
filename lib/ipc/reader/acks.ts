import { ClosedError, LeaseLostError } from '../../errors.ts'
import { Reports } from '../../link/reports.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import type { Commands } from '../commands.ts'
import type { Delivery } from './delivery.ts'
import { type PendingList, settling } from './pending-list.ts'

export interface AcksOptions<D extends Delivery> {
  readonly pending: PendingList<never, D>
  readonly commands: Commands
  /** Called when there are acknowledgements to send, at the end of the turn. */
  readonly schedule: () => void
  /** Called when one was settled in any way. */
  readonly onSettled: (delivery: D) => void
  /** Called when something failed that no caller waits for. */
  readonly onError: (error: Error) => void
}

/** Lua passes at most about 8000 arguments to a command. */
const MOST_TOGETHER = 1_000

/**
 * Acknowledgements in flight. Those of one turn are sent together, with the next take or in a
 * separate command. They are sent again until Redis has confirmed them or the reader is closed,
 * since sending them twice does no harm.
 */
export class Acks<D extends Delivery> {
  readonly #options: AcksOptions<D>
  #waiting: D[] = []
  /** Acknowledgements that a caller waits for. */
  readonly #watched = new Map<D, Deferred<void>>()
  /**
   * Acknowledgements that no caller waits for and that Redis has refused: without them, finished
   * work would stay in flight and be done again.
   */
  readonly #refused = new Set<D>()
  readonly #reports: Reports
  #sent = 0
  #closed = false

  constructor(options: AcksOptions<D>) {
    this.#options = options
    this.#reports = new Reports(options.onError)
  }

  /** Whether none is in flight. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#sent === 0
  }

  /** Resolves once Redis has forgotten it. @throws LeaseLostError, ClosedError */
  add(delivery: D): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closedError())
    const done = deferred()
    this.#watched.set(delivery, done)
    this.addUnwatched(delivery)
    return done.promise
  }

  /** Like {@link Acks.add}, but no caller waits for it. */
  addUnwatched(delivery: D): void {
    if (this.#closed) return
    this.#waiting.push(delivery)
    this.#options.schedule()
  }

  /** Whether Redis has refused it, and it will be sent again. */
  owes(delivery: D): boolean {
    return this.#refused.has(delivery)
  }

  /**
   * Returns the waiting acknowledgements, to be sent with another command; {@link Acks.settle} or
   * {@link Acks.send} must follow.
   */
  collect(): readonly D[] {
    const batch = this.#waiting.splice(0, MOST_TOGETHER)
    this.#sent += batch.length
    return batch
  }

  /** Sends refused acknowledgements again. */
  offerAgain(): void {
    if (this.#refused.size === 0) return
    this.#waiting.push(...this.#refused)
    this.#refused.clear()
    this.#options.schedule()
  }

  /** Sends waiting acknowledgements. */
  flush(): void {
    while (this.#waiting.length > 0) void this.send(this.collect(), false)
  }

  /** @param perhapsDone whether Redis may already have received them */
  async send(batch: readonly D[], perhapsDone: boolean): Promise<void> {
    if (batch.length === 0) return
    const { pending, commands } = this.#options
    try {
      const acknowledged = await commands.run(settling(pending, 'acknowledge'), async (redis, repeated) => {
        const count = await pending.acknowledge(redis, batch)
        return repeated || perhapsDone ? batch.length : count
      })
      this.settle(batch, acknowledged)
    } catch (error) {
      this.#sent -= batch.length
      for (const delivery of batch) this.#reject(delivery, error as Error)
    }
  }

  /** Settles a batch; Redis has removed this many of its items from the list. */
  settle(batch: readonly D[], acknowledged: number): void {
    const { pending } = this.#options
    this.#sent -= batch.length
    this.#reports.clear()
    for (const delivery of batch) {
      if (pending.wasAcknowledged(delivery, acknowledged, batch.length)) this.#resolve(delivery)
      else this.#reject(delivery, delivery.lostError(pending.goneReason))
    }
  }

  close(): void {
    this.#closed = true
    this.#waiting = []
    this.#refused.clear()
    for (const done of this.#watched.values()) done.reject(this.#closedError())
    this.#watched.clear()
  }

  #resolve(delivery: D): void {
    if (this.#watched.size > 0) {
      this.#watched.get(delivery)?.resolve()
      this.#watched.delete(delivery)
    }
    this.#options.onSettled(delivery)
  }

  #reject(delivery: D, error: Error): void {
    const isLost = error instanceof LeaseLostError
    if (isLost) delivery.lose(this.#options.pending.goneReason)
    const done = this.#watched.get(delivery)
    this.#watched.delete(delivery)
    if (done !== undefined) done.reject(error)
    else if (!this.#closed) {
      this.#reports.tell(error)
      if (!isLost) this.#refused.add(delivery)
    }
    this.#options.onSettled(delivery)
  }

  #closedError(): ClosedError {
    return new ClosedError(`the reader of ${this.#options.pending.key} is closed`)
  }
}
