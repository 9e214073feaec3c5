import type { RedisLife } from '../../link/source.ts'
import type { Clock } from '../../util/clock.ts'
import type { Commands, RedisType } from '../commands.ts'
import { Contents } from '../content.ts'
import type { Settler, Tag } from '../reader/delivery.ts'
import { type PendingList, type Return, type Returned, settling } from '../reader/pending-list.ts'
import { type EventEntry, readEvent } from './event.ts'
import { EventDelivery } from './event-delivery.ts'
import { checkDelay, type GroupSettings } from './group-options.ts'
import { extend, sendBack } from './group-scripts.ts'

/** Identifies a reader of a group of a stream. */
export interface Membership {
  /** The stream's key. */
  readonly stream: string
  /** The dead letters' key. */
  readonly dead: string
  readonly group: string
  /** This reader's name in the group. */
  readonly consumer: string
}

export interface PendingEventsOptions extends Membership {
  readonly commands: Commands
  readonly settings: GroupSettings
  /** Other readers, and this one, may claim an event in this many ms. */
  readonly onSentBack: (afterMs: number) => void
}

/** A timer may fire before the time has passed on Redis's clock. */
const TIMER_SLACK_MS = 5

/** The pending entries of one reader of a group. */
export class PendingEvents<T> implements PendingList<EventEntry, EventDelivery<T>> {
  readonly key: string
  readonly what = 'events'
  readonly keys: Readonly<Record<string, RedisType>>
  readonly timeoutMs: number
  readonly returnsOverdue = false
  readonly goneReason = 'another reader has claimed it'
  readonly #options: PendingEventsOptions
  readonly #clock: Clock
  readonly #contents: Contents<T>

  constructor(options: PendingEventsOptions) {
    const { stream, dead, settings } = options
    this.key = stream
    this.keys = { [stream]: 'stream', [dead]: 'stream' }
    this.timeoutMs = settings.claimIdleMs
    this.#options = options
    this.#clock = settings.clock
    this.#contents = new Contents(settings, `the stream ${stream}`)
  }

  read(settler: Settler, _id: Tag, entry: EventEntry, attempt: number): EventDelivery<T> {
    return new EventDelivery(settler, readEvent(entry, this.key, this.#contents), attempt, this.#extend)
  }

  acknowledge(redis: RedisLife, batch: readonly EventDelivery<T>[]): Promise<number> {
    return redis.xack(this.key, this.#options.group, ...batch.map(({ id }) => id))
  }

  /**
   * Redis returns how many, not which. Others can have acknowledged only events that they could
   * claim.
   */
  wasAcknowledged(event: EventDelivery<T>, acknowledged: number, size: number): boolean {
    return acknowledged === size || event.dueAt > this.#clock.now()
  }

  checkDelay(delayMs: number | undefined): number {
    return checkDelay(delayMs, this.#options.settings)
  }

  sendBack(redis: RedisLife, id: Tag, { to, reason, delayMs }: Return): Promise<Returned> {
    const { dead, group, consumer, settings } = this.#options
    const args = [group, consumer, id, to, settings.maxAttempts, reason, settings.claimIdleMs - delayMs]
    return sendBack.run(redis, [this.key, dead], args)
  }

  onSentBack(delayMs: number): void {
    this.#options.onSentBack(delayMs === 0 ? 0 : delayMs + TIMER_SLACK_MS)
  }

  readonly #extend = async (id: string): Promise<boolean> => {
    const { group, consumer, commands } = this.#options
    return (
      (await commands.run(settling(this, 'extend'), (redis) =>
        extend.run(redis, [this.key], [group, consumer, id]),
      )) === 1
    )
  }
}
