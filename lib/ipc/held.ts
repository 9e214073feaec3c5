import { LeaseLostError } from '../errors.ts'

/** How something in hand is sent back. */
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

/** Who keeps things in hand until they are settled. */
export interface Keeper<H> {
  /** The key they come from. */
  readonly key: string
  ack(held: H): Promise<void>
  /** As {@link Keeper.ack}, with nobody who waits for it. */
  ackUnwatched(held: H): void
  nack(held: H, options: NackOptions): Promise<void>
  deadLetter(held: H, reason: string): Promise<void>
  /** It could not be settled and is in hand again. */
  watch(held: H): void
}

/** Something in the hand of this reader. It is settled once. */
export abstract class Held<H> implements Acknowledgeable {
  readonly attempt: number
  /** When it will be overdue, in ms since 1970, and how long it was given. Its keeper's. */
  dueAt = 0
  timeoutMs = 0
  protected readonly keeper: Keeper<H>
  readonly #id: string
  #state: 'held' | 'settling' | 'settled' | 'lost' = 'held'
  #reason = ''
  #abort: AbortController | undefined

  constructor(keeper: Keeper<H>, id: string, attempt: number) {
    this.keeper = keeper
    this.#id = id
    this.attempt = attempt
  }

  protected abstract get self(): H

  get signal(): AbortSignal {
    // Made when asked for: most handlers never do, and one costs as much as all the rest.
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#state === 'lost') this.#abort.abort(this.#lostError())
    }
    return this.#abort.signal
  }

  /** Whether nobody has settled it yet. */
  get isHeld(): boolean {
    return this.#state === 'held'
  }

  ack(): Promise<void> {
    return this.#settle(() => this.keeper.ack(this.self))
  }

  nack(options: NackOptions = {}): Promise<void> {
    return this.#settle(() => this.keeper.nack(this.self, options))
  }

  deadLetter(reason: string): Promise<void> {
    return this.#settle(() => this.keeper.deadLetter(this.self, reason))
  }

  /** Acknowledges it, with nobody who waits for the outcome; unless it is settled already. */
  done(): void {
    if (this.#state !== 'held') return
    this.#state = 'settled'
    this.keeper.ackUnwatched(this.self)
  }

  /** It is not this reader's any more. */
  lose(reason: string): void {
    if (this.#state === 'settled' || this.#state === 'lost') return
    this.#state = 'lost'
    this.#reason = reason
    this.#abort?.abort(this.#lostError())
  }

  /** A fresh error each time: its stack shows who asked. */
  #lostError(): LeaseLostError {
    return new LeaseLostError(this.keeper.key, this.#id, this.#reason)
  }

  async #settle(how: () => Promise<void>): Promise<void> {
    if (this.#state === 'lost') throw this.#lostError()
    if (this.#state !== 'held') throw new LeaseLostError(this.keeper.key, this.#id, 'it was settled already')
    this.#state = 'settling'
    try {
      await how()
      if (this.#state === 'settling') this.#state = 'settled'
    } catch (error) {
      // Refused, so it is still in hand: it can be settled again, or falls due again.
      if (this.#state === 'settling') {
        this.#state = 'held'
        this.keeper.watch(this.self)
      }
      throw error
    }
  }
}
