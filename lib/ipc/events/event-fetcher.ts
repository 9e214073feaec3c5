import { DeliveryUnknownError, RpcError } from '../../errors.ts'
import { BLOCK_MS, LOST } from '../../link/blocking-reader.ts'
import type { Timer } from '../../util/clock.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import { pause } from '../../util/pause.ts'
import type { Work } from '../commands.ts'
import { Fetcher, type FetcherOptions } from '../reader/fetcher.ts'
import { RETRY_MS } from '../reader/read-failures.ts'
import type { Entry } from './event.ts'
import type { EventDelivery } from './event-delivery.ts'
import type { GroupSettings } from './group-options.ts'
import { claim, leave } from './group-scripts.ts'
import type { Membership } from './pending-events.ts'

export interface EventFetcherOptions<T> extends FetcherOptions<Entry, EventDelivery<T>>, Membership {
  readonly settings: GroupSettings
}

/** An event claimed from whoever had it, and which attempt at it this is. */
interface Claim {
  readonly entry: Entry
  readonly attempt: number
}

/** How many events Redis hands over at a time. */
const MOST_READ = 1_000
/** How many events one look for what others have left claims. */
const MOST_CLAIMED = 100
/** How often to look for what others have left, while events are wanted: so often within `claimIdleMs`. */
const LOOKS = 2
const REASON = 'not acknowledged in time'

/**
 * Brings events of a group: those that no reader of it has had, and those that one had and left. No more than are
 * wanted, since what is pending here nobody else can have.
 */
export class EventFetcher<T> extends Fetcher<Entry, EventDelivery<T>> {
  readonly #options: EventFetcherOptions<T>
  #opening: Promise<void> | undefined
  /** Where the group starts when it is made. */
  #from: string
  #pumping = false
  /** Whether it waits for new events, which may take {@link BLOCK_MS}. */
  #isReading = false
  #idle: Deferred<void> | undefined
  readonly #claimTimers = new Set<Timer>()
  /** Whether there may be something to claim. */
  #claimIsDue = true
  #nextClaim: Timer | undefined
  #claiming: Promise<void> | undefined

  constructor(options: EventFetcherOptions<T>) {
    super(options)
    this.#options = options
    this.#from = options.settings.from
  }

  /** Makes the group, unless it is there. @throws WrongTypeError, ConnectionError, ClosedError */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  /** Something may be claimed in so many ms. */
  claimIn(ms: number): Timer | undefined {
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
        // What it has looked at was given up; there may be more behind it.
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
    // What is claimed meanwhile need not wait for something new.
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

  async #readNow(count: number): Promise<readonly Entry[]> {
    const { stream, group, consumer } = this.#options
    const reply = await this.commands.run(this.#work('read from', false), (redis) =>
      redis.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>'),
    )
    return entriesOf(reply)
  }

  /** What a lost reply has brought is pending here without our knowing it: whoever looks next may claim it. */
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

  /** Claims what others have left, and sees to it that this is done again. */
  #claim(): Promise<void> {
    this.#claiming ??= this.#claimWanted().finally(() => {
      this.#claiming = undefined
      // What became due meanwhile may have come too late for this one.
      this.#claimIfDue()
    })
    return this.#claiming
  }

  async #claimWanted(): Promise<void> {
    // First, so that nobody claims what was done.
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
      // There may be more; who asks next gets that first, since it is older than what is new.
      this.#claimIsDue = true
    }
  }

  /** @returns how many it has looked at; those that it has not claimed were given up, or are gone */
  async #claimSome(count: number): Promise<{ readonly looked: number; readonly claims: readonly Claim[] }> {
    const { stream, dead, group, consumer, settings } = this.#options
    const args = [group, consumer, settings.claimIdleMs, count, settings.maxAttempts, REASON]
    // Not repeatable: what it has claimed counts as fresh after that. It will be idle again in time.
    const [looked, ...claimed] = await this.commands.run(this.#work('claim events of', false), (redis) =>
      claim.run(redis, [stream, dead], args),
    )
    return { looked, claims: claimed.map(([id, attempt, fields]) => ({ entry: [id, fields], attempt })) }
  }

  /** Whether it failed since the group, or the whole stream, was removed: then it will be made anew. */
  #isGroupGone(error: unknown): boolean {
    const { cause } = error as { readonly cause?: Error | undefined }
    if (!/\bNOGROUP\b/.test(String(cause?.message))) return false
    // From the beginning it misses nothing of what came since.
    this.#from = '0'
    this.#opening = undefined
    return true
  }

  async #failed(error: unknown): Promise<void> {
    if (this.isClosed) return
    if (error instanceof RpcError && this.#isGroupGone(error)) return pause(this.clock, RETRY_MS)
    if (error instanceof DeliveryUnknownError) return this.#findLost().catch(() => {})
    await this.failures.handle(error)
  }

  #work(what: string, repeatable: boolean): Work {
    return { what: `${what} ${this.#options.stream}`, keys: this.#options.pending.keys, repeatable }
  }
}

function entriesOf(reply: unknown): readonly Entry[] {
  return (reply as readonly (readonly [key: string, entries: readonly Entry[]])[] | null)?.[0]?.[1] ?? []
}
