import { milliseconds } from '../../util/options.ts'
import { Delivery, type Settler, type Tag } from '../reader/delivery.ts'
import type { ReliableTask, Task } from './task.ts'

/** A task that was delivered to this reader. Its tag is its number in the hash of the reader. */
export class TaskDelivery<T> extends Delivery implements ReliableTask<T> {
  readonly uuid: string
  readonly content: T
  readonly metadata: Task<T>['metadata']
  readonly #visibilityTimeoutMs: number

  constructor(settler: Settler, tag: Tag, task: Task<T>, attempt: number, visibilityTimeoutMs: number) {
    super(settler, tag, task.uuid, attempt)
    this.uuid = task.uuid
    this.content = task.content
    this.metadata = task.metadata
    this.#visibilityTimeoutMs = visibilityTimeoutMs
  }

  extend(timeoutMs?: number): void {
    const limitMs = milliseconds('timeoutMs', timeoutMs, this.#visibilityTimeoutMs)
    if (this.isUnacknowledged) this.settler.watch(this, limitMs)
  }
}
