import { milliseconds } from '../../util/options.ts'
import { Held, type Keeper } from '../held.ts'
import type { ReliableTask, Task } from './task.ts'

/** Who keeps tasks. */
export interface TaskKeeper<T> extends Keeper<HeldTask<T>> {
  readonly visibilityTimeoutMs: number
  /** Starts its time-out anew. */
  watch(task: HeldTask<T>, timeoutMs?: number): void
}

/** A task in the hand of this reader. */
export class HeldTask<T> extends Held<HeldTask<T>> implements ReliableTask<T> {
  readonly uuid: string
  readonly content: T
  /** Its number in the hand. */
  readonly number: number
  declare protected readonly keeper: TaskKeeper<T>

  constructor(keeper: TaskKeeper<T>, number: number, task: Task<T>, attempt: number) {
    super(keeper, task.uuid, attempt)
    this.uuid = task.uuid
    this.content = task.content
    this.number = number
  }

  extend(timeoutMs?: number): void {
    const limitMs = milliseconds('timeoutMs', timeoutMs, this.keeper.visibilityTimeoutMs)
    if (this.isHeld) this.keeper.watch(this, limitMs)
  }

  protected override get self(): HeldTask<T> {
    return this
  }
}
