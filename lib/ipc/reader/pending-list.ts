import type { RedisLife } from '../../link/source.ts'
import type { CommandSpec, RedisType } from '../commands.ts'
import type { Delivery, Settler, Tag } from './delivery.ts'

/**
 * Where an unfinished item goes. Other readers may get it. It counts as a failed attempt, unless it
 * is only `kept` for them.
 */
export interface Return {
  readonly to: 'others' | 'dead' | 'kept'
  readonly reason: string
  /** How long it waits before others may get it, in ms. */
  readonly delayMs: number
}

/** The result of a return: it was not in the list; others may get it; it is a dead letter. */
export type Returned = 0 | 1 | 2

/**
 * The items in flight at one reader, as stored in Redis: the hash of a queue's reader, or its
 * pending entries in a group. All differences between tasks and events after they were taken are
 * here.
 */
export interface PendingList<R, D extends Delivery> {
  /** Key of the queue or the stream. */
  readonly key: string
  /** The kind of its items: `tasks`, `events`. */
  readonly what: string
  /** The keys that settling touches, and their types. */
  readonly keys: Readonly<Record<string, RedisType>>
  /** How long a delivery may stay unacknowledged, in ms. */
  readonly timeoutMs: number
  /** Whether overdue items must be returned explicitly; if not, other readers claim them. */
  readonly returnsOverdue: boolean
  /** Why an item can be missing from the list although its reader is alive. */
  readonly goneReason: string

  /** @throws InvalidDataError when it is not a valid task or event */
  read(settler: Settler, tag: Tag, raw: R, attempt: number): D
  /** Removes finished items. @returns how many were in the list */
  acknowledge(redis: RedisLife, batch: readonly D[]): Promise<number>
  /** Whether a delivery was acknowledged, given how many of a batch of `size` were in the list. */
  wasAcknowledged(delivery: D, acknowledged: number, size: number): boolean
  /** @throws InvalidOptionError */
  checkDelay(delayMs: number | undefined): number
  /** Moves an item from the list to its destination. */
  sendBack(redis: RedisLife, tag: Tag, it: Return): Promise<Returned>
  /** Other readers may get an item in this many ms. */
  onSentBack(delayMs: number): void
}

/**
 * The work of settling something, which is tried until Redis has answered.
 * @param how in words: `acknowledge`
 */
export function settling({ what, key, keys }: PendingList<never, Delivery>, how: string): CommandSpec {
  return { what: `${how} ${what} of ${key}`, keys, repeatable: true, persistent: true }
}
