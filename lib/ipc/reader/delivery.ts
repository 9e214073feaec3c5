import { LeaseLostError } from '../../errors.ts'

/** Options for returning a task or event. */
export interface NackOptions {
  /** How long to wait before a reader gets it again, in ms. @defaultValue 0 */
  readonly delayMs?: number
  /**
   * The reason, which a dead letter contains if this was the last attempt.
   * @defaultValue 'not acknowledged'
   */
  readonly reason?: string
}

/**
 * A task or event that stays in Redis until it is acknowledged. Call exactly one of `ack`, `nack`
 * and `deadLetter`; if it fails, you can call each again. While Redis cannot be reached, they keep
 * trying.
 */
export interface Acknowledgeable {
  /** 1 for the first attempt; failed attempts by other readers count too. */
  readonly attempt: number
  /**
   * Fires when it no longer belongs to this reader: another may have it, and `ack` will be refused.
   */
  readonly signal: AbortSignal
  /**
   * Acknowledges it: the work is done.
   * @throws LeaseLostError when it was already returned to other readers
   * @throws ClosedError when the reader was closed, and it was returned
   */
  ack(): Promise<void>
  /**
   * Returns it, because the work was not done; after `maxAttempts` it becomes a dead letter.
   * @throws LeaseLostError, ClosedError as for {@link Acknowledgeable.ack}
   */
  nack(options?: NackOptions): Promise<void>
  /**
   * Makes it a dead letter, because the work cannot be done.
   * @throws LeaseLostError, ClosedError as for {@link Acknowledgeable.ack}
   */
  deadLetter(reason: string): Promise<void>
}

/** Identifies a delivery of a reader: the number of a task, the id of an event. */
export type Tag = number | string

/** Settles deliveries. */
export interface Settler {
  /** The key they come from. */
  readonly key: string
  ack(delivery: Delivery): Promise<void>
  /** Like {@link Settler.ack}, but no caller waits for it. */
  ackUnwatched(delivery: Delivery): void
  nack(delivery: Delivery, options: NackOptions): Promise<void>
  deadLetter(delivery: Delivery, reason: string): Promise<void>
  /** Restarts the time in which it must be settled. @param timeoutMs by default the reader's */
  watch(delivery: Delivery, timeoutMs?: number): void
  /**
   * Redis says that it no longer belongs to this reader.
   * @returns the error for the caller that wanted to settle it
   */
  gone(delivery: Delivery): LeaseLostError
}

/** A task or event that was delivered to this reader. It is settled once. */
export abstract class Delivery implements Acknowledgeable {
  readonly tag: Tag
  readonly attempt: number
  /** When it becomes overdue, in ms since 1970, and its time limit. Used by its settler. */
  dueAt = 0
  timeoutMs = 0
  protected readonly settler: Settler
  readonly #id: string
  #state: 'unacknowledged' | 'settling' | 'settled' | 'lost' = 'unacknowledged'
  #reason = ''
  #abort: AbortController | undefined

  /** @param id names it in errors */
  constructor(settler: Settler, tag: Tag, id: string, attempt: number) {
    this.settler = settler
    this.tag = tag
    this.#id = id
    this.attempt = attempt
  }

  get signal(): AbortSignal {
    // Created lazily: most handlers never use it, and it costs as much as everything else.
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#state === 'lost') this.#abort.abort(this.lostError())
    }
    return this.#abort.signal
  }

  /** Whether it is not settled yet. */
  get isUnacknowledged(): boolean {
    return this.#state === 'unacknowledged'
  }

  ack(): Promise<void> {
    return this.#settle(() => this.settler.ack(this))
  }

  nack(options: NackOptions = {}): Promise<void> {
    return this.#settle(() => this.settler.nack(this, options))
  }

  deadLetter(reason: string): Promise<void> {
    return this.#settle(() => this.settler.deadLetter(this, reason))
  }

  /** Acknowledges it without waiting for the outcome, unless it is already settled. */
  done(): void {
    if (this.#state !== 'unacknowledged') return
    this.#state = 'settled'
    this.settler.ackUnwatched(this)
  }

  /** It no longer belongs to this reader. */
  lose(reason: string): void {
    if (this.#state === 'settled' || this.#state === 'lost') return
    this.#state = 'lost'
    this.#reason = reason
    this.#abort?.abort(this.lostError())
  }

  /**
   * The error if it cannot be settled. A new error each time, so that its stack shows the caller.
   */
  lostError(reason: string = this.#reason): LeaseLostError {
    return new LeaseLostError(this.settler.key, this.#id, reason)
  }

  async #settle(how: () => Promise<void>): Promise<void> {
    if (this.#state === 'lost') throw this.lostError()
    if (this.#state !== 'unacknowledged') throw this.lostError('it was settled already')
    this.#state = 'settling'
    try {
      await how()
      if (this.#state === 'settling') this.#state = 'settled'
    } catch (error) {
      // Refused, so it is still in flight: it can be settled again, or become overdue.
      if (this.#state === 'settling') {
        this.#state = 'unacknowledged'
        this.settler.watch(this)
      }
      throw error
    }
  }
}
