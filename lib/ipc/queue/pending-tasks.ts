import { randomUUID } from 'node:crypto'
import type { RedisLife } from '../../link/source.ts'
import type { RedisType } from '../commands.ts'
import { Contents } from '../content.ts'
import type { QueueKeys } from '../keys.ts'
import { keptMilliseconds } from '../options.ts'
import type { Settler, Tag } from '../reader/delivery.ts'
import type { PendingList, Return, Returned } from '../reader/pending-list.ts'
import type { ReliableSettings } from './options.ts'
import { giveBack } from './scripts.ts'
import { failedAttempts, readTask } from './task.ts'
import { TaskDelivery } from './task-delivery.ts'

/** The hash of the tasks that are in flight at one reader of a queue, number → text. */
export class PendingTasks<T> implements PendingList<string, TaskDelivery<T>> {
  readonly key: string
  readonly what = 'tasks'
  readonly keys: Readonly<Record<string, RedisType>>
  readonly timeoutMs: number
  readonly returnsOverdue = true
  readonly goneReason = 'it had gone back to the queue before'
  /** The hash's key. */
  readonly hash: string
  readonly #queue: QueueKeys
  readonly #settings: ReliableSettings
  readonly #contents: Contents<T>
  readonly #onDelayed: (delayMs: number) => void

  /** @param onDelayed called when a task was delayed by this many ms */
  constructor(queue: QueueKeys, hash: string, settings: ReliableSettings, onDelayed: (delayMs: number) => void) {
    this.key = queue.queue
    this.keys = { [hash]: 'hash', [queue.queue]: 'list', [queue.delayed]: 'zset', [queue.dead]: 'stream' }
    this.timeoutMs = settings.visibilityTimeoutMs
    this.hash = hash
    this.#queue = queue
    this.#settings = settings
    this.#contents = new Contents(settings, `the queue ${this.key}`)
    this.#onDelayed = onDelayed
  }

  /** The text itself contains the number of the attempt. */
  read(settler: Settler, tag: Tag, text: string): TaskDelivery<T> {
    const task = readTask(text, this.key, this.#contents)
    return new TaskDelivery(settler, tag, task, failedAttempts(text) + 1, this.timeoutMs)
  }

  acknowledge(redis: RedisLife, batch: readonly TaskDelivery<T>[]): Promise<number> {
    return redis.hdel(this.hash, ...batch.map(({ tag }) => String(tag)))
  }

  /** A hash is lost as a whole, never in part: either all tasks were in it, or none. */
  wasAcknowledged(_task: TaskDelivery<T>, acknowledged: number): boolean {
    return acknowledged > 0
  }

  checkDelay(delayMs: number | undefined): number {
    return keptMilliseconds('delayMs', delayMs, 0, 0)
  }

  sendBack(redis: RedisLife, tag: Tag, { to, reason, delayMs }: Return): Promise<Returned> {
    const { queue, delayed, dead, dueChannel } = this.#queue
    const args = [tag, to, this.#settings.maxAttempts, reason, delayMs, randomUUID(), dueChannel]
    return giveBack.run(redis, [this.hash, queue, delayed, dead], args)
  }

  onSentBack(delayMs: number): void {
    if (delayMs > 0) this.#onDelayed(delayMs)
  }
}
