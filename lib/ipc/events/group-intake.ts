import { ConnectionError, DeliveryUnknownError, RpcError } from '../../errors.ts'
import { BLOCK_MS, type BlockingReader, LOST } from '../../link/blocking-reader.ts'
import { sameFor } from '../../link/redis-failure.ts'
import { Reports } from '../../link/reports.ts'
import type { Timer } from '../../util/clock.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import { pause } from '../../util/pause.ts'
import { setImmediate } from '../../util/timers.ts'
import type { Commands, Work } from '../commands.ts'
import type { Demand } from '../demand.ts'
import type { Entry } from './event.ts'
import type { GroupHand } from './group-hand.ts'
import type { GroupSettings } from './group-options.ts'
import { claim } from './group-scripts.ts'
import type { HeldEvent } from './held-event.ts'

export interface GroupIntakeOptions<T> {
  /** The stream's key. */
  readonly stream: string
  /** The dead letters' key. */
  readonly dead: string
  readonly group: string
  /** This reader's name in the group. */
  readonly consumer: string
  readonly hand: GroupHand<T>
  readonly demand: Demand<HeldEvent<T>>
  readonly commands: Commands
  readonly blocking: BlockingReader
  readonly settings: GroupSettings
}

/** An event claimed from whoever had it, and which attempt at it this is. */
interface Claim {
  readonly entry: Entry
  readonly attempt: number
}

const RETRY_MS = 200
/** How many events Redis hands over at a time. */
const MOST_READ = 1_000
/** How many events one look for what others have left claims. */
const MOST_CLAIMED = 100
/** How often to look for what others have left, while events are wanted: so often within `claimIdleMs`. */
const LOOKS = 2
const REASON = 'not acknowledged in time'

/**
 * Brings events into the hand: those that no reader of the group has had, and those that one had and left. No more than are
 * wanted, since what is pending here nobody else can have.
 */
export class GroupIntake<T> {
  readonly #options: GroupIntakeOptions<T>
  #opening: Promise<void> | undefined
  /** Where the group starts when it is made. */
  #from: string
  #pumping = false
  /** Whether it waits for new events, which may take {@link BLOCK_MS}. */
  #isReading = false
  #idle: Deferred<void> | undefined
  #endOfTurn: NodeJS.Immediate | undefined
  readonly #claimTimers = new Set<Timer>()
  /** Whether there may be something to claim. */
  #claimIsDue = true
  #nextClaim: Timer | undefined
  #claiming: Promise<void> | undefined
  readonly #reports: Reports
  #closed = false

  constructor(options: GroupIntakeOptions<T>) {
    this.#options = options
    this.#reports = new Reports(options.settings.onError)
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

  /** More may be wanted, or there is something to acknowledge: both leave at the end of the turn. */
  update(): void {
    this.#endOfTurn ??= setImmediate(() => {
      this.#endOfTurn = undefined
      this.#options.hand.flush()
      this.#pump()
    })
  }

  /** Something may be claimed in so many ms. */
  claimIn(ms: number): Timer | undefined {
    if (this.#closed) return undefined
    const timer = this.#options.settings.clock.setTimer(() => {
      this.#claimTimers.delete(timer)
      this.#claimIsDue = true
      this.#claimIfDue()
    }, ms)
    this.#claimTimers.add(timer)
    return timer
  }

  /** One event if there is one, without waiting. */
  async takeOne(): Promise<HeldEvent<T> | undefined> {
    const { hand } = this.#options
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
        const event = hand.add(found.entry, found.attempt)
        if (event !== undefined) return event
      } catch (error) {
        if (error instanceof DeliveryUnknownError) await this.#findLost()
        else if (this.#isGroupGone(error)) await this.open()
        else throw error
      }
    }
  }

  /** Takes no more; resolves once nothing is on its way. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#claimTimers) this.#options.settings.clock.clearTimer(timer)
    this.#options.blocking.close()
    await this.#claiming?.catch(() => {})
    if (!this.#pumping) return
    this.#idle ??= deferred()
    await this.#idle.promise
  }

  async #open(): Promise<void> {
    const { stream, group, commands } = this.#options
    await commands.run(this.#work('join a group of', true), async (redis) => {
      try {
        await redis.xgroup('CREATE', stream, group, this.#from, 'MKSTREAM')
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('BUSYGROUP')) throw error
      }
    })
  }

  #pump(): void {
    if (this.#closed || this.#options.demand.wanted === 0) return
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
    const { demand } = this.#options
    while (demand.wanted > 0 && !this.#closed) {
      try {
        await this.open()
        if (this.#claimIsDue) await this.#claim()
        if (demand.wanted > 0 && !this.#closed) await this.#read()
        this.#reports.clear()
      } catch (error) {
        if (!this.#closed) await this.#failed(error)
      }
    }
  }

  async #read(): Promise<void> {
    const { stream, group, consumer, hand, demand, blocking, commands } = this.#options
    const count = Math.min(demand.wanted, MOST_READ)
    let reply: unknown
    this.#isReading = true
    try {
      reply = await blocking.read((redis) =>
        redis.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'BLOCK', BLOCK_MS, 'STREAMS', stream, '>'),
      )
    } catch (error) {
      throw await commands.toError(error, this.#work('read from', false))
    } finally {
      this.#isReading = false
    }
    if (reply === LOST) return this.#findLost()
    for (const entry of entriesOf(reply)) {
      const event = hand.add(entry, 1)
      if (event !== undefined && !demand.give(event)) hand.keepForOthers(event.id)
    }
  }

  async #readNow(count: number): Promise<readonly Entry[]> {
    const { stream, group, consumer, commands } = this.#options
    const reply = await commands.run(this.#work('read from', false), (redis) =>
      redis.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>'),
    )
    return entriesOf(reply)
  }

  /** What a lost reply has brought is pending here without our knowing it: whoever looks next may claim it. */
  async #findLost(): Promise<void> {
    const { stream, group, consumer, hand, commands } = this.#options
    const pending = (await commands.run(this.#work('look for events of', true), (redis) =>
      redis.xpending(stream, group, '-', '+', MOST_READ, consumer),
    )) as readonly (readonly [id: string])[]
    for (const [id] of pending) if (!hand.has(id)) hand.keepForOthers(id)
  }

  #claimIfDue(): void {
    if (!this.#claimIsDue || this.#closed || this.#options.demand.wanted === 0) return
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
    const { hand, demand, settings } = this.#options
    this.#claimIsDue = false
    if (this.#nextClaim !== undefined) {
      settings.clock.clearTimer(this.#nextClaim)
      this.#claimTimers.delete(this.#nextClaim)
    }
    this.#nextClaim = this.claimIn(Math.ceil(settings.claimIdleMs / LOOKS))
    for (;;) {
      const count = Math.min(demand.wanted, MOST_CLAIMED)
      if (count === 0) return
      this.#claimIsDue = false
      const { looked, claims } = await this.#claimSome(count)
      for (const { entry, attempt } of claims) {
        const event = hand.add(entry, attempt)
        if (event !== undefined && !demand.give(event)) hand.keepForOthers(event.id)
      }
      if (looked < count) return
      // There may be more; who asks next gets that first, since it is older than what is new.
      this.#claimIsDue = true
    }
  }

  /** @returns how many it has looked at; those that it has not claimed were given up, or are gone */
  async #claimSome(count: number): Promise<{ readonly looked: number; readonly claims: readonly Claim[] }> {
    const { stream, dead, group, consumer, commands, settings } = this.#options
    const args = [group, consumer, settings.claimIdleMs, count, settings.maxAttempts, REASON]
    // Not repeatable: what it has claimed counts as fresh after that. It will be idle again in time.
    const [looked, ...claimed] = await commands.run(this.#work('claim events of', false), (redis) =>
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
    const { demand, commands, settings } = this.#options
    if (this.#closed) return
    if (!(error instanceof RpcError)) throw error
    if (this.#isGroupGone(error)) return pause(settings.clock, RETRY_MS)
    if (error instanceof DeliveryUnknownError) return this.#findLost().catch(() => {})
    if (error.code === 'ERR_WRONG_TYPE' || error.code === 'ERR_UNSUPPORTED') {
      demand.failAll(error)
    } else {
      if (error instanceof ConnectionError) demand.fail(() => sameFor(error))
      // That it cannot be reached, the connection tells; what else is wrong is told here.
      if (commands.connection.failure === undefined) this.#reports.tell(error)
    }
    await pause(settings.clock, RETRY_MS)
  }

  #work(what: string, repeatable: boolean): Work {
    const { stream, dead } = this.#options
    return { what: `${what} ${stream}`, keys: { [stream]: 'stream', [dead]: 'stream' }, repeatable }
  }
}

function entriesOf(reply: unknown): readonly Entry[] {
  return (reply as readonly (readonly [key: string, entries: readonly Entry[]])[] | null)?.[0]?.[1] ?? []
}
