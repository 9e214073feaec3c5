import { ClosedError, type DeliveryError, sameFor, TimeoutError } from '../errors.ts'
import type { Deadlines, Expiring } from './deadlines.ts'
import type { Outgoing } from './outbox.ts'

/**
 * How a call ends: with a reply, or with a function that makes what to throw. It is called where the caller waits, so that
 * the error's stack shows the caller; capturing a stack at each call would cost as much as the call.
 */
export type Outcome<Reply extends object> = Reply | (() => unknown)

/** How long a call waits, and what ends the wait earlier. */
export interface CallLimits {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/**
 * One call that waits for its answer. It settles once, and whatever it held is released then.
 *
 * There is one for each call: `private` fields are set in one go, `#private` ones are added one by one.
 */
export class PendingCall<Reply extends object> implements Outgoing, Expiring {
  readonly method: string
  readonly outcome: Promise<Outcome<Reply>>
  readonly deadlineAt: number
  text = ''
  private resolve!: (outcome: Outcome<Reply>) => void
  private settled = false
  private readonly release: (call: PendingCall<Reply>) => void
  private readonly timeoutMs: number
  private readonly signal: AbortSignal | undefined

  /**
   * @param deadlines of those among which this call is until it settles
   * @param release called once, when the call settles in whatever way
   */
  constructor(method: string, limits: CallLimits, deadlines: Deadlines, release: (call: PendingCall<Reply>) => void) {
    this.method = method
    this.outcome = new Promise((resolve) => {
      this.resolve = resolve
    })
    this.release = release
    this.timeoutMs = limits.timeoutMs
    this.deadlineAt = deadlines.clock.now() + limits.timeoutMs
    deadlines.watch(this.deadlineAt)
    this.signal = limits.signal
    this.signal?.addEventListener('abort', this)
  }

  /** True once it is settled: then it need not be sent any more. */
  get cancelled(): boolean {
    return this.settled
  }

  /** Settles with a reply. */
  answer(reply: Reply): void {
    this.settle(reply)
  }

  /** Settles with an error that is made where the caller waits. */
  fail(makeError: () => unknown): void {
    this.settle(makeError)
  }

  /** It did not reach Redis, or may not have. */
  undelivered(error: DeliveryError): void {
    this.settle(() => sameFor(error))
  }

  /** Its time is over. */
  expire(): void {
    this.settle(() => new TimeoutError(this.method, this.timeoutMs))
  }

  /** The client is closed. */
  close(): void {
    this.settle(() => new ClosedError(`the client was closed while ${this.method} was waiting for its answer`))
  }

  /** The caller's signal fired. */
  handleEvent(): void {
    const reason: unknown = this.signal?.reason
    this.settle(() => reason)
  }

  private settle(outcome: Outcome<Reply>): void {
    if (this.settled) return
    this.settled = true
    this.signal?.removeEventListener('abort', this)
    this.release(this)
    this.resolve(outcome)
  }
}
