import { DeliveryUnknownError, RpcError } from '../../errors.ts'
import { BLOCK_MS, LOST } from '../../link/blocking-reader.ts'
import type { ClockTimer } from '../../util/clock.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import type { CommandSpec } from '../commands.ts'
import { Fetcher, type FetcherOptions } from '../reader/fetcher.ts'
import { RETRY_MS } from '../reader/read-failures.ts'
import type { EventEntry } from './event.ts'
import type { EventDelivery } from './event-delivery.ts'
import type { GroupSettings } from './group-options.ts'
import { claim, leave } from './group-scripts.ts'
import type { Membership } from './pending-events.ts'

export interface EventFetcherOptions<T> extends FetcherOptions<EventEntry, EventDelivery<T>>, Membership {
  readonly settings: GroupSettings
}

/** An event claimed from another reader, and the number of this attempt. */
interface Claim {
  readonly entry: EventEntry
  readonly attempt: number
}

/** How many events Redis returns at a time. */
const MOST_READ = 1_000
/** How many abandoned events are claimed at a time. */
const MOST_CLAIMED = 100
/** How many times per `claimIdleMs` to look for abandoned events, while events are wanted. */
const LOOKS = 2
const REASON = 'not acknowledged in time'

/**
 * Fetches events of a group: new ones, and those that another reader abandoned. It fetches no more
 * than are wanted, since events that are pending here are unavailable to others.
 */
export class EventFetcher<T> extends Fetcher<EventEntry, EventDelivery<T>> {
  readonly #options: EventFetcherOptions<T>
  #opening: Promise<void> | undefined
  /** Where the group starts when it is created. */
  #from: string
  #pumping = false
  /** Whether it is waiting for new events, which may take {@link BLOCK_MS}. */
  #isReading = false
  #idle: Deferred<void> | undefined
  readonly #claimTimers = new Set<ClockTimer>()
  /** Whether there may be something to claim. */
  #claimIsDue = true
  #nextClaim: ClockTimer | undefined
  #claiming: Promise<void> | undefined

  constructor(options: EventFetcherOptions<T>) {
    super(options)
    this.#options = options
    this.#from = options.settings.from
  }

  /**
   * Creates the group if it does not exist.
   * @throws WrongTypeError, ConnectionError, ClosedError
   */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  /** Schedules a claim in this many ms. */
  claimIn(ms: number): ClockTimer | undefined {
    if (this.isClosed) return undefined
    const timer = this.clock.setTimer(() => {
      this.#claimTimers.delete(timer)
      this.#claimIsDue = true
      this.#claimIfDue()
    }, ms)
    this.#claimTimers.add(timer)
    return timer
  }

  async takeOne(): Promise<EventDelivery<T> | undefined> {
    await this.open()
    for (;;) {
      try {
        const { looked, claims } = await this.#claimSome(1)
        const [claimed] = claims
        // All entries of this batch became dead letters; there may be more after it.
        if (looked > 0 && claimed === undefined) continue
        const [entry] = claimed === undefined ? await this.#readNow(1) : []
        const found = claimed ?? (entry === undefined ? undefined : { entry, attempt: 1 })
        if (found === undefined) return undefined
        const event = this.inFlight.add(found.entry[0], found.entry, found.attempt)
        if (event !== undefined) return event
      } catch (error) {
        if (error instanceof DeliveryUnknownError) await this.#findLost()
        else if (this.#isGroupGone(error)) await this.open()
        else throw error
      }
    }
  }

  protected endTurn(): void {
    this.inFlight.acks.flush()
    this.#pump()
  }

  protected async stopped(): Promise<void> {
    for (const timer of this.#claimTimers) this.clock.clearTimer(timer)
    await this.#claiming?.catch(() => {})
    if (!this.#pumping) return
    this.#idle ??= deferred()
    await this.#idle.promise
  }

  protected leave(): Promise<unknown> {
    const { stream, group, consumer, settings } = this.#options
    const args = [group, consumer, settings.claimIdleMs]
    return this.commands.run(this.#work('leave', true), (redis) => leave.run(redis, [stream], args))
  }

  async #open(): Promise<void> {
    const { stream, group } = this.#options
    await this.commands.run(this.#work('join a group of', true), async (redis) => {
      try {
        await redis.xgroup('CREATE', stream, group, this.#from, 'MKSTREAM')
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('BUSYGROUP')) throw error
      }
    })
  }

  #pump(): void {
    if (this.isClosed || this.consumers.wanted === 0) return
    // Claiming does not have to wait for the read of new events.
    if (this.#isReading) this.#claimIfDue()
    if (this.#pumping) return
    this.#pumping = true
    void this.#run().finally(() => {
      this.#pumping = false
      this.#idle?.resolve()
      this.#pump()
    })
  }

  async #run(): Promise<void> {
    while (this.consumers.wanted > 0 && !this.isClosed) {
      try {
        await this.open()
        if (this.#claimIsDue) await this.#claim()
        if (this.consumers.wanted > 0 && !this.isClosed) await this.#read()
        this.failures.clear()
      } catch (error) {
        await this.#failed(error)
      }
    }
  }

  async #read(): Promise<void> {
    const { stream, group, consumer } = this.#options
    const count = Math.min(this.consumers.wanted, MOST_READ)
    let reply: unknown
    this.#isReading = true
    try {
      reply = await this.blocking.read((redis) =>
        redis.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'BLOCK', BLOCK_MS, 'STREAMS', stream, '>'),
      )
    } catch (error) {
      throw await this.commands.toError(error, this.#work('read from', false))
    } finally {
      this.#isReading = false
    }
    if (reply === LOST) return this.#findLost()
    for (const entry of entriesOf(reply)) this.deliver(entry[0], entry, 1)
  }

  async #readNow(count: number): Promise<readonly EventEntry[]> {
    const { stream, group, consumer } = this.#options
    const reply = await this.commands.run(this.#work('read from', false), (redis) =>
      redis.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>'),
    )
    return entriesOf(reply)
  }

  /**
   * Events in a lost reply are pending for this reader without its knowledge, so the next reader
   * that looks may claim them.
   */
  async #findLost(): Promise<void> {
    const { stream, group, consumer } = this.#options
    const pending = (await this.commands.run(this.#work('look for events of', true), (redis) =>
      redis.xpending(stream, group, '-', '+', MOST_READ, consumer),
    )) as readonly (readonly [id: string])[]
    for (const [id] of pending) if (!this.inFlight.has(id)) this.inFlight.keepForOthers(id)
  }

  #claimIfDue(): void {
    if (!this.#claimIsDue || this.isClosed || this.consumers.wanted === 0) return
    void this.#claim().catch((error: unknown) => this.#failed(error))
  }

  /** Claims abandoned events, and schedules the next claim. */
  #claim(): Promise<void> {
    this.#claiming ??= this.#claimWanted().finally(() => {
      this.#claiming = undefined
      // Events that became due during this claim may have been too late for it.
      this.#claimIfDue()
    })
    return this.#claiming
  }

  async #claimWanted(): Promise<void> {
    // Acknowledge first, so that no reader claims finished events.
    this.inFlight.offerAgain()
    this.inFlight.acks.flush()
    this.#claimIsDue = false
    if (this.#nextClaim !== undefined) {
      this.clock.clearTimer(this.#nextClaim)
      this.#claimTimers.delete(this.#nextClaim)
    }
    this.#nextClaim = this.claimIn(Math.ceil(this.#options.settings.claimIdleMs / LOOKS))
    for (;;) {
      const count = Math.min(this.consumers.wanted, MOST_CLAIMED)
      if (count === 0) return
      this.#claimIsDue = false
      const { looked, claims } = await this.#claimSome(count)
      for (const { entry, attempt } of claims) this.deliver(entry[0], entry, attempt)
      if (looked < count) return
      // There may be more, which are older than new events, so fetch those first.
      this.#claimIsDue = true
    }
  }

  /**
   * @returns how many it has looked at; those that it has not claimed became dead letters, or are
   * gone
   */
  async #claimSome(count: number): Promise<{ readonly looked: number; readonly claims: readonly Claim[] }> {
    const { stream, dead, group, consumer, settings } = this.#options
    const args = [group, consumer, settings.claimIdleMs, count, settings.maxAttempts, REASON]
    // Not repeatable: claimed events count as just delivered. They will become idle again.
    const [looked, ...claimed] = await this.commands.run(this.#work('claim events of', false), (redis) =>
      claim.run(redis, [stream, dead], args),
    )
    return { looked, claims: claimed.map(([id, attempt, fields]) => ({ entry: [id, fields], attempt })) }
  }

  /**
   * Whether it failed because the group or the whole stream was removed; the group is then created
   * again.
   */
  #isGroupGone(error: unknown): boolean {
    const { cause } = error as { readonly cause?: Error | undefined }
    if (!/\bNOGROUP\b/.test(String(cause?.message))) return false
    // Start at the beginning, so that no event since then is missed.
    this.#from = '0'
    this.#opening = undefined
    return true
  }

  async #failed(error: unknown): Promise<void> {
    if (this.isClosed) return
    if (error instanceof RpcError && this.#isGroupGone(error)) return this.commands.connection.pause(RETRY_MS)
    if (error instanceof DeliveryUnknownError) return this.#findLost().catch(() => {})
    await this.failures.handle(error)
  }

  #work(what: string, repeatable: boolean): CommandSpec {
    return { what: `${what} ${this.#options.stream}`, keys: this.#options.pending.keys, repeatable }
  }
}

function entriesOf(reply: unknown): readonly EventEntry[] {
  return (reply as readonly (readonly [key: string, entries: readonly EventEntry[]])[] | null)?.[0]?.[1] ?? []
}
