import { ClosedError, type InvalidDataError, LeaseLostError } from '../../errors.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import type { Commands, Work } from '../commands.ts'
import type { Contents } from '../content.ts'
import { DueTimer } from '../due-timer.ts'
import type { NackOptions } from '../held.ts'
import { type Entry, readEvent } from './event.ts'
import { checkDelay, type GroupSettings } from './group-options.ts'
import { extend, type SendBackTo, sendBack } from './group-scripts.ts'
import { type EventKeeper, HeldEvent } from './held-event.ts'

export interface GroupHandOptions<T> {
  /** The stream's key. */
  readonly stream: string
  /** The dead letters' key. */
  readonly dead: string
  readonly group: string
  /** This reader's name in the group. */
  readonly consumer: string
  readonly commands: Commands
  readonly contents: Contents<T>
  readonly settings: GroupSettings
  /** There are acknowledgements to send at the end of the turn. */
  readonly schedule: () => void
  /** Others, and this reader too, may claim something in so many ms. */
  readonly onSentBack: (afterMs: number) => void
}

/** A timer may fire before the time that Redis's clock shows has passed. */
const TIMER_SLACK_MS = 5

interface Ack<T> {
  readonly event: HeldEvent<T>
  /** Undefined: nobody waits for it. */
  readonly done: Deferred<void> | undefined
}

/** The events that one reader of a group has: what is here is pending in Redis under this reader's name, too. */
export class GroupHand<T> implements EventKeeper<T> {
  /** The stream's name. */
  readonly key: string
  readonly #options: GroupHandOptions<T>
  readonly #events = new Map<string, HeldEvent<T>>()
  readonly #due: DueTimer<HeldEvent<T>>
  #acks: Ack<T>[] = []
  #unsettled = 0
  #idle: Deferred<void> | undefined
  #closed = false

  constructor(options: GroupHandOptions<T>) {
    this.#options = options
    this.key = options.stream
    this.#due = new DueTimer(
      options.settings.clock,
      () => this.#events.values(),
      (event) => this.#lose(event, `not acknowledged within ${event.timeoutMs} ms`),
    )
  }

  /** Takes what Redis has delivered. @returns undefined when it is no event: then it goes to the dead letters */
  add(entry: Entry, attempt: number): HeldEvent<T> | undefined {
    const { contents, settings } = this.#options
    try {
      const held = new HeldEvent(this, readEvent(entry, this.key, contents), attempt)
      this.#events.set(held.id, held)
      this.watch(held)
      return held
    } catch (error) {
      settings.onError(error as Error)
      void this.#sendBack(entry[0], 'dead', (error as InvalidDataError).message).catch(settings.onError)
      return undefined
    }
  }

  has(id: string): boolean {
    return this.#events.has(id)
  }

  /** Lets others have one at once, and counts no attempt: nobody here wants it. */
  keepForOthers(id: string): void {
    const event = this.#events.get(id)
    if (event !== undefined) this.#lose(event, 'nobody waited for it')
    void this.#sendBack(id, 'kept', '').catch(this.#options.settings.onError)
  }

  watch(event: HeldEvent<T>): void {
    this.#due.watch(event, this.#options.settings.claimIdleMs)
  }

  ack(event: HeldEvent<T>): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closedError())
    const done = deferred()
    this.#acks.push({ event, done })
    this.#options.schedule()
    return done.promise
  }

  ackUnwatched(event: HeldEvent<T>): void {
    if (this.#closed) return
    this.#acks.push({ event, done: undefined })
    this.#options.schedule()
  }

  async nack(event: HeldEvent<T>, { delayMs, reason = 'not acknowledged' }: NackOptions): Promise<void> {
    await this.#settle(event, 'others', String(reason), checkDelay(delayMs, this.#options.settings))
  }

  async deadLetter(event: HeldEvent<T>, reason: string): Promise<void> {
    await this.#settle(event, 'dead', String(reason))
  }

  async extend(event: HeldEvent<T>): Promise<void> {
    const { stream, group, consumer, commands } = this.#options
    const has = await commands.run(this.#work('extend an event of'), (redis) =>
      extend.run(redis, [stream], [group, consumer, event.id]),
    )
    if (has === 1) this.watch(event)
    else throw this.#gone(event)
  }

  /** Sends the acknowledgements that wait. */
  flush(): void {
    if (this.#acks.length > 0) void this.#sendAcks(this.#acks.splice(0))
  }

  /** Resolves once nothing is on its way to Redis any more. */
  settled(): Promise<void> {
    if (this.#isIdle) return Promise.resolve()
    this.#idle ??= deferred()
    return this.#idle.promise
  }

  /** What is still here is not this reader's any more; Redis is told by others. */
  close(): void {
    this.#closed = true
    this.#due.stop()
    for (const event of this.#events.values()) this.#lose(event, 'its reader was closed')
    for (const { done } of this.#acks.splice(0)) done?.reject(this.#closedError())
    this.#notifyIdle()
  }

  #lose(event: HeldEvent<T>, reason: string): void {
    this.#events.delete(event.id)
    event.lose(reason)
  }

  async #settle(event: HeldEvent<T>, to: SendBackTo, reason: string, delayMs = 0): Promise<void> {
    if (this.#closed) throw this.#closedError()
    const outcome = await this.#sendBack(event.id, to, reason, delayMs)
    this.#events.delete(event.id)
    if (outcome === 'gone') throw this.#gone(event)
  }

  async #sendBack(id: string, to: SendBackTo, reason: string, delayMs = 0): Promise<'done' | 'gone'> {
    const { stream, dead, group, consumer, commands, settings, onSentBack } = this.#options
    const idleMs = settings.claimIdleMs - delayMs
    const args = [group, consumer, id, to, settings.maxAttempts, reason, idleMs]
    this.#unsettled++
    try {
      const outcome = await commands.run(this.#work('send back an event of'), async (redis, repeated) => {
        const outcome = await sendBack.run(redis, [stream, dead], args)
        return outcome === 0 && repeated ? 2 : outcome
      })
      if (outcome === 1) onSentBack(delayMs === 0 ? 0 : delayMs + TIMER_SLACK_MS)
      return outcome === 0 ? 'gone' : 'done'
    } finally {
      this.#unsettled--
      this.#notifyIdle()
    }
  }

  async #sendAcks(acks: readonly Ack<T>[]): Promise<void> {
    const { stream, group, commands, settings } = this.#options
    this.#unsettled += acks.length
    try {
      const wereAllPending = await commands.run(this.#work('acknowledge events of'), async (redis, repeated) => {
        const count = await redis.xack(stream, group, ...acks.map(({ event }) => event.id))
        return repeated || count === acks.length
      })
      const now = settings.clock.now()
      for (const ack of acks) {
        this.#events.delete(ack.event.id)
        // Redis tells how many, not which. Others can have acknowledged only what was theirs to claim.
        if (wereAllPending || ack.event.dueAt > now) ack.done?.resolve()
        else this.#reject(ack, this.#gone(ack.event))
      }
    } catch (error) {
      for (const ack of acks) this.#reject(ack, error as Error)
    } finally {
      this.#unsettled -= acks.length
      this.#notifyIdle()
    }
  }

  #reject({ event, done }: Ack<T>, error: Error): void {
    if (done !== undefined) return done.reject(error)
    this.#events.delete(event.id)
    if (!this.#closed) this.#options.settings.onError(error)
  }

  #gone(event: HeldEvent<T>): LeaseLostError {
    this.#lose(event, 'another reader has claimed it')
    return new LeaseLostError(this.key, event.id, 'another reader has claimed it')
  }

  #closedError(): ClosedError {
    return new ClosedError(`the reader of ${this.key} is closed`)
  }

  #work(what: string): Work {
    const { stream, dead } = this.#options
    return {
      what: `${what} ${stream}`,
      keys: { [stream]: 'stream', [dead]: 'stream' },
      repeatable: true,
      persistent: true,
    }
  }

  get #isIdle(): boolean {
    return this.#acks.length === 0 && this.#unsettled === 0
  }

  #notifyIdle(): void {
    if (!this.#isIdle) return
    this.#idle?.resolve()
    this.#idle = undefined
  }
}
