import { ClosedError, type DeliveryError, TimeoutError } from '../errors.ts'
import { type AbortListener, offAbort, onAbort } from '../util/abort.ts'
import { IterablePromise } from '../util/iterable-promise.ts'
import type { Deadlines, Expiring } from './deadlines.ts'
import type { PushedMessage } from './outbox.ts'
import { sameFor } from './redis-failure.ts'

/** The time-out and signal of a call. */
export interface CallLimits {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/**
 * How a call ended: with its answer, with an error instead, or because its caller no longer waits.
 */
export type Settlement = 'answered' | 'failed' | 'expired' | 'aborted' | 'closed'

/**
 * A call that waits for its answer. It settles once, and then releases its resources.
 *
 * There is one for each call, so it uses `private` fields, which are set at once, while `#private`
 * ones are added one by one. The caller gets its promise directly.
 */
export class PendingCall<Answer> implements PushedMessage, Expiring, AbortListener {
  /** The name of the call in errors. */
  readonly operation: string
  readonly answered: Promise<Answer>
  readonly deadlineAt: number
  text = ''
  private resolve!: (answer: Answer | Promise<never>) => void
  private settled = false
  private readonly release: (call: PendingCall<Answer>, how: Settlement) => void
  readonly timeoutMs: number
  private readonly signal: AbortSignal | undefined

  /**
   * @param deadlines the deadlines of the set that contains this call until it settles
   * @param release called once, when the call settles
   */
  constructor(
    operation: string,
    limits: CallLimits,
    deadlines: Deadlines,
    release: (call: PendingCall<Answer>, how: Settlement) => void,
  ) {
    this.operation = operation
    this.answered = new IterablePromise((resolve) => {
      this.resolve = resolve
    })
    this.release = release
    this.timeoutMs = limits.timeoutMs
    this.deadlineAt = deadlines.clock.now() + limits.timeoutMs
    deadlines.watch(this.deadlineAt)
    this.signal = limits.signal
    if (this.signal !== undefined) onAbort(this.signal, this)
  }

  /** True once it is settled: then it need not be sent any more. */
  get cancelled(): boolean {
    return this.settled
  }

  answer(answer: Answer): void {
    if (!this.end('answered')) return
    this.resolve(answer)
  }

  /** Settles with an error that is created in the caller's stack. */
  fail(makeError: () => unknown): void {
    if (!this.end('failed')) return
    this.resolve(rejection(makeError))
  }

  /** It did not reach Redis, or may not have. */
  undelivered(error: DeliveryError): void {
    this.fail(() => sameFor(error))
  }

  /** Its time has passed. */
  expire(cause: unknown): void {
    this.abandon(
      'expired',
      () => new TimeoutError(this.operation, this.timeoutMs, cause === undefined ? {} : { cause }),
    )
  }

  /** The client is closed. */
  close(): void {
    this.abandon(
      'closed',
      () => new ClosedError(`the client was closed while ${this.operation} was waiting for its answer`),
    )
  }

  /** The caller's signal fired. */
  aborted(): void {
    const reason: unknown = this.signal?.reason
    this.abandon('aborted', () => reason)
  }

  private abandon(how: Settlement, makeError: () => unknown): void {
    if (!this.end(how)) return
    this.resolve(rejection(makeError))
  }

  private end(how: Settlement): boolean {
    if (this.settled) return false
    this.settled = true
    if (this.signal !== undefined) offAbort(this.signal, this)
    this.release(this, how)
    return true
  }
}

/**
 * Throws the error that `makeError` creates. V8 adds awaiting functions to the stack of an error
 * that is created in an async function. By the second step the call's promise follows this one, so
 * V8 finds the caller. Capturing a stack at each call would cost as much as the call.
 */
async function rejection(makeError: () => unknown): Promise<never> {
  await undefined
  await undefined
  throw makeError()
}
