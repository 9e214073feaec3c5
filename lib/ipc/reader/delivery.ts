import { LeaseLostError } from '../../errors.ts'

/** How something in flight is sent back. */
export interface NackOptions {
  /** Let it wait that long before anybody gets it again, in ms. @defaultValue 0 */
  readonly delayMs?: number
  /** Why; a dead letter says so if this was its last attempt. @defaultValue 'not acknowledged' */
  readonly reason?: string
}

/**
 * What stays in Redis until it is acknowledged. Exactly one of its methods ends it; after a failure, each may be called again.
 * While Redis cannot be reached they go on trying.
 */
export interface Acknowledgeable {
  /** 1 for the first attempt; failed attempts of others count too. */
  readonly attempt: number
  /** Fires when it is not this reader's any more: another may have it, and `ack` will be refused. */
  readonly signal: AbortSignal
  /**
   * It is done.
   * @throws LeaseLostError when it has gone back to the others before
   * @throws ClosedError when the reader was closed, and it went back
   */
  ack(): Promise<void>
  /**
   * It was not done: it goes back, or to the dead letters after `maxAttempts`.
   * @throws LeaseLostError, ClosedError as for {@link Acknowledgeable.ack}
   */
  nack(options?: NackOptions): Promise<void>
  /** It cannot be done: it goes to the dead letters. @throws LeaseLostError, ClosedError as for {@link Acknowledgeable.ack} */
  deadLetter(reason: string): Promise<void>
}

/** Tells the deliveries of one reader apart: the number of a task, the id of an event. */
export type Tag = number | string

/** Who settles deliveries. */
export interface Settler {
  /** The key they come from. */
  readonly key: string
  ack(delivery: Delivery): Promise<void>
  /** As {@link Settler.ack}, with nobody who waits for it. */
  ackUnwatched(delivery: Delivery): void
  nack(delivery: Delivery, options: NackOptions): Promise<void>
  deadLetter(delivery: Delivery, reason: string): Promise<void>
  /** From now on it has so much time to be settled. @param timeoutMs the reader's own if left out */
  watch(delivery: Delivery, timeoutMs?: number): void
  /** It is not this reader's any more, as Redis says. @returns the error for whoever wanted to settle it */
  gone(delivery: Delivery): LeaseLostError
}

/** A task or an event that this reader has and that is not acknowledged yet. It is settled once. */
export abstract class Delivery implements Acknowledgeable {
  readonly tag: Tag
  readonly attempt: number
  /** When it will be overdue, in ms since 1970, and how long it was given. Its settler's. */
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
    // Made when asked for: most handlers never do, and one costs as much as all the rest.
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#state === 'lost') this.#abort.abort(this.lostError())
    }
    return this.#abort.signal
  }

  /** Whether nobody has settled it yet. */
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

  /** Acknowledges it, with nobody who waits for the outcome; unless it is settled already. */
  done(): void {
    if (this.#state !== 'unacknowledged') return
    this.#state = 'settled'
    this.settler.ackUnwatched(this)
  }

  /** It is not this reader's any more. */
  lose(reason: string): void {
    if (this.#state === 'settled' || this.#state === 'lost') return
    this.#state = 'lost'
    this.#reason = reason
    this.#abort?.abort(this.lostError())
  }

  /** Why it cannot be settled. A fresh error each time: its stack shows who asked. */
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
      // Refused, so it is still in flight: it can be settled again, or falls due again.
      if (this.#state === 'settling') {
        this.#state = 'unacknowledged'
        this.settler.watch(this)
      }
      throw error
    }
  }
}
