import { ClosedError, type InvalidDataError, type LeaseLostError } from '../../errors.ts'
import type { Clock } from '../../util/clock.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import type { Commands } from '../commands.ts'
import { Acks } from './acks.ts'
import type { Delivery, NackOptions, Settler, Tag } from './delivery.ts'
import { DueTimer } from './due-timer.ts'
import { type PendingList, type Return, type Returned, settling } from './pending-list.ts'

export interface InFlightOptions<R, D extends Delivery> {
  /** The same, as Redis knows it. */
  readonly pending: PendingList<R, D>
  readonly commands: Commands
  readonly clock: Clock
  /** Called when something failed that no caller waits for. */
  readonly onError: (error: Error) => void
  /** There are acknowledgements to send at the end of the turn. */
  readonly schedule: () => void
}

/** The unsettled deliveries of one reader. Each is also in Redis's list, with the same tag. */
export class InFlight<R, D extends Delivery> implements Settler {
  /** Key of the queue or the stream. */
  readonly key: string
  readonly acks: Acks<D>
  readonly #options: InFlightOptions<R, D>
  readonly #deliveries = new Map<Tag, D>()
  readonly #due: DueTimer<D>
  /** Deliveries that are being returned; they may still be in Redis's list. */
  readonly #leaving = new Set<Tag>()
  /**
   * Deliveries that this reader no longer has and that Redis has refused to take back; they are
   * offered again periodically.
   */
  readonly #refused = new Map<Tag, Return>()
  #returning = 0
  #idle: Deferred<void> | undefined
  #closed = false

  constructor(options: InFlightOptions<R, D>) {
    this.#options = options
    this.key = options.pending.key
    this.#due = new DueTimer(
      options.clock,
      () => this.#deliveries.values(),
      (delivery) => this.#overdue(delivery),
    )
    this.acks = new Acks({
      ...options,
      onSettled: (delivery) => {
        if (!delivery.isUnacknowledged && !this.acks.owes(delivery)) this.#forget(delivery)
        this.#notifyIdle()
      },
    })
  }

  /**
   * Adds an item that Redis has put into its list.
   * @returns undefined if it is invalid; then it becomes a dead letter
   */
  add(tag: Tag, raw: R, attempt: number): D | undefined {
    try {
      const delivery = this.#options.pending.read(this, tag, raw, attempt)
      this.#refused.delete(tag)
      this.watch(delivery)
      return delivery
    } catch (error) {
      const { message } = error as InvalidDataError
      this.#options.onError(error as Error)
      this.#return(tag, { to: 'dead', reason: message, delayMs: 0 })
      return undefined
    }
  }

  /** Whether it is here, or was here and Redis may not know yet that it is gone. */
  has(tag: Tag): boolean {
    return this.#deliveries.has(tag) || this.#leaving.has(tag) || this.#refused.has(tag)
  }

  /** Redis has given the tasks with smaller numbers to other readers, because the lease expired. */
  loseBelow(below: number): void {
    for (const delivery of this.#deliveries.values()) {
      if (Number(delivery.tag) < below) this.#lose(delivery, 'its reader counted as lost')
    }
    for (const tag of this.#refused.keys()) if (Number(tag) < below) this.#refused.delete(tag)
  }

  /** Returns an item immediately without counting an attempt, because no caller wants it. */
  keepForOthers(tag: Tag): void {
    const delivery = this.#deliveries.get(tag)
    if (delivery !== undefined) this.#lose(delivery, 'nobody waited for it')
    this.#return(tag, { to: 'kept', reason: '', delayMs: 0 })
  }

  /** Repeats returns and acknowledgements that Redis has refused. */
  offerAgain(): void {
    for (const [tag, it] of this.#refused) this.#return(tag, it)
    this.acks.offerAgain()
  }

  watch(delivery: D, timeoutMs: number = this.#options.pending.timeoutMs): void {
    this.#deliveries.set(delivery.tag, delivery)
    this.#due.watch(delivery, timeoutMs)
  }

  ack(delivery: D): Promise<void> {
    return this.acks.add(delivery)
  }

  ackUnwatched(delivery: D): void {
    this.acks.addUnwatched(delivery)
  }

  async nack(delivery: D, { delayMs, reason = 'not acknowledged' }: NackOptions): Promise<void> {
    const delay = this.#options.pending.checkDelay(delayMs)
    await this.#settle(delivery, { to: 'others', reason: String(reason), delayMs: delay })
  }

  async deadLetter(delivery: D, reason: string): Promise<void> {
    await this.#settle(delivery, { to: 'dead', reason: String(reason), delayMs: 0 })
  }

  gone(delivery: D): LeaseLostError {
    const { goneReason } = this.#options.pending
    this.#lose(delivery, goneReason)
    return delivery.lostError(goneReason)
  }

  /** Resolves once nothing is in flight to Redis. */
  settled(): Promise<void> {
    if (this.#isIdle) return Promise.resolve()
    this.#idle ??= deferred()
    return this.#idle.promise
  }

  /** The remaining deliveries no longer belong to this reader; other code informs Redis. */
  close(): void {
    this.#closed = true
    this.#due.stop()
    for (const delivery of this.#deliveries.values()) this.#lose(delivery, 'its reader was closed')
    this.acks.close()
    this.#notifyIdle()
  }

  #overdue(delivery: D): void {
    const reason = `not acknowledged within ${delivery.timeoutMs} ms`
    this.#lose(delivery, reason)
    if (this.#options.pending.returnsOverdue) this.#return(delivery.tag, { to: 'others', reason, delayMs: 0 })
  }

  #lose(delivery: D, reason: string): void {
    this.#forget(delivery)
    delivery.lose(reason)
  }

  /** Unless it was delivered to this reader again in the meantime. */
  #forget(delivery: D): void {
    if (this.#deliveries.get(delivery.tag) === delivery) this.#deliveries.delete(delivery.tag)
  }

  async #settle(delivery: D, it: Return): Promise<void> {
    if (this.#closed) throw new ClosedError(`the reader of ${this.key} is closed`)
    const returned = await this.#sendBack(delivery.tag, it)
    this.#forget(delivery)
    if (returned === 0) throw this.gone(delivery)
  }

  /**
   * Returns an item without a caller waiting for it. Redis may refuse temporarily, for example if
   * it is out of memory or cannot write to disk.
   */
  #return(tag: Tag, it: Return): void {
    const isNews = !this.#refused.delete(tag)
    this.#sendBack(tag, it).catch((error: Error) => {
      if (this.#closed || this.#deliveries.has(tag)) return
      this.#refused.set(tag, it)
      if (isNews) this.#options.onError(error)
    })
  }

  async #sendBack(tag: Tag, it: Return): Promise<Returned> {
    const { pending, commands } = this.#options
    this.#returning++
    this.#leaving.add(tag)
    try {
      const returned = await commands.run(settling(pending, 'send back'), async (redis, repeated) => {
        const found = await pending.sendBack(redis, tag, it)
        return found === 0 && repeated ? 1 : found
      })
      if (returned === 1) pending.onSentBack(it.delayMs)
      return returned
    } finally {
      this.#leaving.delete(tag)
      this.#returning--
      this.#notifyIdle()
    }
  }

  get #isIdle(): boolean {
    return this.acks.isEmpty && this.#returning === 0
  }

  #notifyIdle(): void {
    if (!this.#isIdle) return
    this.#idle?.resolve()
    this.#idle = undefined
  }
}
