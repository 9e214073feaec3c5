import type { Acknowledgeable } from '../held.ts'
import { Held, type Keeper } from '../held.ts'
import type { StreamEvent } from './event.ts'

/** An event that stays pending in its group until it is acknowledged. */
export interface GroupEvent<T> extends StreamEvent<T>, Acknowledgeable {
  /**
   * Starts `claimIdleMs` anew, for a handler that is still at it.
   * @throws LeaseLostError when others have it already
   */
  extend(): Promise<void>
}

/** Who keeps events. */
export interface EventKeeper<T> extends Keeper<HeldEvent<T>> {
  extend(event: HeldEvent<T>): Promise<void>
}

/** An event in the hand of this reader. */
export class HeldEvent<T> extends Held<HeldEvent<T>> implements GroupEvent<T> {
  readonly id: string
  readonly content: T
  declare protected readonly keeper: EventKeeper<T>

  constructor(keeper: EventKeeper<T>, event: StreamEvent<T>, attempt: number) {
    super(keeper, event.id, attempt)
    this.id = event.id
    this.content = event.content
  }

  async extend(): Promise<void> {
    if (this.isHeld) await this.keeper.extend(this)
  }

  protected override get self(): HeldEvent<T> {
    return this
  }
}
