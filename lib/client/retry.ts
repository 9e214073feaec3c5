import { type BusyError, ClosedError, isRpcError } from '../errors.ts'
import { type AbortListener, offAbort, onAbort } from '../util/abort.ts'
import type { Clock, ClockTimer } from '../util/clock.ts'
import { IterablePromise } from '../util/iterable-promise.ts'
import { isRemote } from '../wire/failure.ts'
import { isBuiltin } from '../wire/reserved.ts'
import { type Caller, CallerDecorator, type RecordSteps } from './caller.ts'
import type { CheckedCallOptions } from './options.ts'
import type { RetrySettings } from './retry-options.ts'

/** Codes of errors after which the method certainly did not run. */
const NOT_RUN = new Set(['ERR_CONNECTION', 'ERR_NO_SERVER', 'ERR_BUSY'])
/** Codes of errors after which the method may have run. */
const PERHAPS_RUN = new Set(['ERR_DELIVERY_UNKNOWN', 'ERR_SERVER_LOST'])

/**
 * Whether a call that ended with this error may be retried. An error that the method threw is an
 * answer.
 */
function mayTryAgain(
  error: unknown,
  service: string,
  { given }: CheckedCallOptions,
  isMethodRepeatable: () => boolean,
): boolean {
  if (!isRpcError(error)) return false
  // `ERR_BUSY` may come from the server itself; any other remote error comes from the method.
  if (isRemote(error)) return error.code === 'ERR_BUSY' && (error as BusyError).service === service
  if (NOT_RUN.has(error.code)) return true
  if (!PERHAPS_RUN.has(error.code)) return false
  if (given.idempotencyKey !== undefined) return true
  return given.delivery === undefined ? isMethodRepeatable() : given.delivery === 'at-least-once'
}

/** A call that may be made several times. */
interface Repeated {
  readonly attempt: (options: CheckedCallOptions) => Promise<unknown>
  readonly options: CheckedCallOptions
  readonly retry: RetrySettings
  /**
   * Whether the service allows the method to run more than once; used if the call has no
   * `delivery`.
   */
  readonly isMethodRepeatable: () => boolean
}

/**
 * Forwards calls to another caller, and repeats failed calls that have the option `retry`. All
 * attempts together take at most the call's `timeoutMs`. Closing the client ends waits for the next
 * attempt.
 */
export class RetryingCaller extends CallerDecorator {
  readonly #service: string
  readonly #clock: Clock
  readonly #waits = new Set<Wait>()
  #isClosed = false

  constructor(caller: Caller, service: string, clock: Clock) {
    super(caller)
    this.#service = service
    this.#clock = clock
  }

  override call(
    method: string,
    args: readonly unknown[],
    options: CheckedCallOptions,
    operation?: string,
  ): Promise<unknown> {
    const caller = this.inner
    const { retry } = options
    if (retry === undefined || isBuiltin(method)) return caller.call(method, args, options, operation)
    return this.#run({
      attempt: (each) => caller.call(method, args, each, operation),
      options,
      retry,
      isMethodRepeatable: () => caller.isRepeatable(method),
    })
  }

  override pipe(record: RecordSteps, options: CheckedCallOptions): Promise<unknown> {
    const caller = this.inner
    const { retry } = options
    if (retry === undefined) return caller.pipe(record, options)
    return this.#run({ attempt: (each) => caller.pipe(record, each), options, retry, isMethodRepeatable: () => false })
  }

  /** Ends the waits; those calls reject with the error of their last attempt. */
  override close(): Promise<void> {
    this.#isClosed = true
    for (const wait of this.#waits) wait.end()
    return super.close()
  }

  #run(call: Repeated): Promise<unknown> {
    return new IterablePromise((resolve) => resolve(this.#attempts(call)))
  }

  async #attempts({ attempt, options, retry, isMethodRepeatable }: Repeated): Promise<unknown> {
    const end = this.#clock.now() + options.timeoutMs
    let delayMs = retry.delayMs
    for (let nth = 1; ; nth++) {
      try {
        return await attempt(nth === 1 ? options : later(options, nth, end - this.#clock.now()))
      } catch (error) {
        if (nth >= retry.attempts || this.#isClosed || error instanceof ClosedError) throw error
        const waitMs = Math.round(Math.min(delayMs, retry.maxDelayMs) * (1 - retry.jitter * Math.random()))
        if (this.#clock.now() + waitMs >= end) throw error
        if (!mayTryAgain(error, this.#service, options, isMethodRepeatable)) throw error
        await this.#wait(waitMs, options.signal)
        if (this.#isClosed) throw error
        delayMs *= retry.factor
      }
    }
  }

  async #wait(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    const wait = new Wait(this.#clock, waitMs, signal)
    this.#waits.add(wait)
    await wait.ended
    this.#waits.delete(wait)
    signal?.throwIfAborted()
  }
}

function later(options: CheckedCallOptions, attempt: number, timeoutMs: number): CheckedCallOptions {
  return { ...options, timeoutMs: Math.max(1, timeoutMs), options: { ...options.options, attempt } }
}

/** A wait that a signal can end early. */
class Wait implements AbortListener {
  readonly ended: Promise<void>
  readonly #clock: Clock
  readonly #signal: AbortSignal | undefined
  readonly #timer: ClockTimer
  #resolve!: () => void

  constructor(clock: Clock, waitMs: number, signal: AbortSignal | undefined) {
    this.#clock = clock
    this.#signal = signal
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#timer = clock.setTimer(() => this.end(), waitMs)
    if (signal !== undefined) onAbort(signal, this)
  }

  aborted(): void {
    this.end()
  }

  end(): void {
    this.#clock.clearTimer(this.#timer)
    if (this.#signal !== undefined) offAbort(this.#signal, this)
    this.#resolve()
  }
}
