import { type AbortListener, offAbort, onAbort } from '../util/abort.ts'
import type { Clock, ClockTimer } from '../util/clock.ts'
import type { WaitLimits } from './options.ts'

/**
 * How a wait ends: with an item, with nothing, or with an error that is created in the caller's
 * stack.
 */
type Outcome<T> = { readonly item: T | undefined } | { readonly error: () => unknown }

/** A wait for an item. It ends once: with the item, at its time-out or by its signal. */
export class ItemWait<T> implements AbortListener {
  /** Whether it continues while Redis cannot be reached. */
  readonly isPatient: boolean
  readonly #outcome: Promise<Outcome<T>>
  #resolve!: (outcome: Outcome<T>) => void
  readonly #clock: Clock
  readonly #timer: ClockTimer | undefined
  readonly #signal: AbortSignal | undefined
  readonly #release: () => void
  #settled = false

  /**
   * @param blindness called at the time-out: returns the error to throw if it is unknown whether
   * there was an item
   * @param release called once, when it ends in any way
   */
  constructor(limits: WaitLimits, clock: Clock, blindness: () => Error | undefined, release: () => void) {
    const { timeoutMs, signal, patient } = limits
    this.isPatient = patient
    this.#outcome = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#clock = clock
    this.#release = release
    if (timeoutMs !== undefined) {
      this.#timer = clock.setTimer(() => {
        const blind = blindness()
        this.#settle(blind === undefined ? { item: undefined } : { error: () => blind })
      }, timeoutMs)
    }
    this.#signal = signal
    if (signal !== undefined) onAbort(signal, this)
  }

  get isSettled(): boolean {
    return this.#settled
  }

  /**
   * The item, or undefined at the time-out.
   * @throws the error it was failed with, or the signal's reason
   */
  async result(): Promise<T | undefined> {
    const outcome = await this.#outcome
    if ('error' in outcome) throw outcome.error()
    return outcome.item
  }

  give(item: T): void {
    this.#settle({ item })
  }

  /** @param makeError called in the caller's stack, so that the error's stack shows the caller */
  fail(makeError: () => unknown): void {
    this.#settle({ error: makeError })
  }

  /** The caller's signal fired. */
  aborted(): void {
    const reason: unknown = this.#signal?.reason
    this.fail(() => reason)
  }

  #settle(outcome: Outcome<T>): void {
    if (this.#settled) return
    this.#settled = true
    this.#clock.clearTimer(this.#timer)
    if (this.#signal !== undefined) offAbort(this.#signal, this)
    this.#release()
    this.#resolve(outcome)
  }
}
