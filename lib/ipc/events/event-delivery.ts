import { type Acknowledgeable, Delivery, type Settler } from '../reader/delivery.ts'
import type { StreamEvent } from './event.ts'

/** An event that stays pending in its group until it is acknowledged. */
export interface GroupEvent<T> extends StreamEvent<T>, Acknowledgeable {
  /**
   * Restarts `claimIdleMs`, for a handler that needs more time.
   * @throws LeaseLostError when another reader already has it
   */
  extend(): Promise<void>
}

/** An event that was delivered to this reader. Its tag is its id. */
export class EventDelivery<T> extends Delivery implements GroupEvent<T> {
  readonly id: string
  readonly content: T
  readonly metadata: StreamEvent<T>['metadata']
  readonly #extend: (id: string) => Promise<boolean>

  /** @param extend makes Redis treat it as just delivered; false if another reader has it */
  constructor(settler: Settler, event: StreamEvent<T>, attempt: number, extend: (id: string) => Promise<boolean>) {
    super(settler, event.id, event.id, attempt)
    this.id = event.id
    this.content = event.content
    this.metadata = event.metadata
    this.#extend = extend
  }

  async extend(): Promise<void> {
    if (!this.isUnacknowledged) return
    if (!(await this.#extend(this.id))) throw this.settler.gone(this)
    this.settler.watch(this)
  }
}
