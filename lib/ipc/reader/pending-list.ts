import type { RedisLife } from '../../link/source.ts'
import type { RedisType, Work } from '../commands.ts'
import type { Delivery, Settler, Tag } from './delivery.ts'

/** Where something goes that was not done. Others may have it: it counts as failed, except when it is only `kept` for them. */
export interface Return {
  readonly to: 'others' | 'dead' | 'kept'
  readonly reason: string
  /** How long it waits before others may have it, in ms. */
  readonly delayMs: number
}

/** What has become of a return: it was not in the list; others may have it; it is a dead letter. */
export type Returned = 0 | 1 | 2

/**
 * What Redis knows to be in flight at one reader: the hash of a queue's reader, or its pending entries in a group. Here is all in which
 * a task and an event differ once they were taken.
 */
export interface PendingList<R, D extends Delivery> {
  /** Key of the queue or the stream. */
  readonly key: string
  /** What is in it: `tasks`, `events`. */
  readonly what: string
  /** The keys that settling touches, and their types. */
  readonly keys: Readonly<Record<string, RedisType>>
  /** How long a delivery may stay unacknowledged, in ms. */
  readonly timeoutMs: number
  /** Whether Redis has to be told of what is overdue; where not, others claim it by themselves. */
  readonly returnsOverdue: boolean
  /** Why something is in the list no more although its reader lives. */
  readonly goneReason: string

  /** @throws InvalidDataError it is no task, or no event */
  read(settler: Settler, tag: Tag, raw: R, attempt: number): D
  /** Removes what was done. @returns how many were in the list */
  acknowledge(redis: RedisLife, batch: readonly D[]): Promise<number>
  /** Whether one of a batch of `size`, of which so many were in the list, was one of them. */
  wasAcknowledged(delivery: D, acknowledged: number, size: number): boolean
  /** @throws InvalidOptionError */
  checkDelay(delayMs: number | undefined): number
  /** Takes one from the list, to where it is to go. */
  sendBack(redis: RedisLife, tag: Tag, it: Return): Promise<Returned>
  /** Others may have one in so many ms. */
  onSentBack(delayMs: number): void
}

/** Settling something: tried until Redis has answered. @param how in words: `acknowledge` */
export function settling({ what, key, keys }: PendingList<never, Delivery>, how: string): Work {
  return { what: `${how} ${what} of ${key}`, keys, repeatable: true, persistent: true }
}
