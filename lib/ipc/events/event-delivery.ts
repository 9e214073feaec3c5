import { type Acknowledgeable, Delivery, type Settler } from '../reader/delivery.ts'
import type { StreamEvent } from './event.ts'

/** An event that stays pending in its group until it is acknowledged. */
export interface GroupEvent<T> extends StreamEvent<T>, Acknowledgeable {
  /**
   * Starts `claimIdleMs` anew, for a handler that is still at it.
   * @throws LeaseLostError when others have it already
   */
  extend(): Promise<void>
}

/** An event that this reader has. Its tag is its id. */
export class EventDelivery<T> extends Delivery implements GroupEvent<T> {
  readonly id: string
  readonly content: T
  readonly metadata: StreamEvent<T>['metadata']
  readonly #extend: (id: string) => Promise<boolean>

  /** @param extend has Redis count it as just delivered; false when others have it */
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
