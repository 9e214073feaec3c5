import { ClosedError, TimeoutError } from '../errors.ts'
import { Deadlines, type Expiring } from '../link/deadlines.ts'
import { type AbortListener, offAbort, onAbort } from '../util/abort.ts'
import type { Clock } from '../util/clock.ts'
import { IterablePromise } from '../util/iterable-promise.ts'
import { type Linked, LinkedSet } from '../util/linked-set.ts'
import { setImmediate } from '../util/timers.ts'
import type { Metadata } from '../wire/metadata.ts'
import type { Middleware, MiddlewareCall, MiddlewareMessage } from './middleware.ts'
import { Passage, PassingCall, pass } from './passage.ts'

/**
 * An outgoing call, or a task or event to publish. There is one for each call, so it uses fields
 * rather than closures.
 */
export interface OutgoingRequest {
  /** The method's, as it travels. */
  readonly name: string
  readonly args: readonly unknown[]
  readonly kind: MiddlewareCall['kind']
  /** Infinity: no time-out. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly metadata: Metadata | undefined
  /** Undefined: it is neither a task nor an event. */
  readonly message?: MiddlewareMessage
  /**
   * Sends the call. The promise settles within the time-out that it gets, and when the signal
   * fires. Errors go back through the middleware.
   */
  send(args: readonly unknown[], changes: Changes): Promise<unknown>
}

/** What the middleware changed in a call, and how much time is left. */
export interface Changes {
  /** Undefined: unchanged. */
  readonly changedMetadata: Metadata | undefined
  readonly attempt: number
  readonly timeoutMs: number
}

/** The middleware of an end around its outgoing calls, or around what it publishes. */
export class Outgoing {
  readonly service: string
  readonly use: readonly Middleware[]
  readonly deadlines: Deadlines
  readonly calls: LinkedSet<OutgoingPassage> = new LinkedSet()
  readonly #closed: string
  #isClosed = false

  /** @param closed the error for callers after {@link Outgoing.close} */
  constructor(
    service: string,
    use: readonly Middleware[],
    clock: Clock,
    closed = `the client of ${service} is closed`,
  ) {
    this.#closed = closed
    this.service = service
    this.use = use
    this.deadlines = new Deadlines(
      clock,
      () => this.calls,
      () => undefined,
    )
  }

  /**
   * Passes a call through the middleware. Does not throw. The time-out applies whatever the
   * middleware does.
   */
  run(request: OutgoingRequest): Promise<unknown> {
    const { signal } = request
    if (this.#isClosed) return IterablePromise.reject(this.closedError())
    if (signal?.aborted) return IterablePromise.reject(signal.reason)
    return new OutgoingPassage(this, request).run()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  closedError(): ClosedError {
    return new ClosedError(this.#closed)
  }

  /** Fails the calls that are held by middleware; requests in flight end by themselves. */
  close(): void {
    this.#isClosed = true
    for (const call of [...this.calls]) call.close()
    this.deadlines.stop()
  }
}

/**
 * One outgoing call: it waits for the result of the middleware, but no longer than its time-out.
 */
class OutgoingPassage extends Passage implements Expiring, AbortListener, Linked<OutgoingPassage> {
  readonly call: OutgoingCall
  readonly deadlineAt: number
  before: OutgoingPassage | undefined = undefined
  after: OutgoingPassage | undefined = undefined
  private readonly outgoing: Outgoing
  private readonly request: OutgoingRequest
  private resolve!: (result: unknown) => void
  /** How many requests are in flight; more than one only if a middleware does not wait. */
  private sent = 0
  /** Whether no time has passed since it began. */
  private isFresh = true
  private isSettled = false
  /** Why its caller no longer waits; undefined: it still waits. */
  private givenUp: (() => unknown) | undefined

  constructor(outgoing: Outgoing, request: OutgoingRequest) {
    const { deadlines, service, use } = outgoing
    super(use)
    this.outgoing = outgoing
    this.request = request
    this.deadlineAt = deadlines.clock.now() + request.timeoutMs
    this.call = new OutgoingCall(service, request, this.deadlineAt)
    this.givenUp = undefined
  }

  run(): Promise<unknown> {
    const result = pass(this)
    this.isFresh = false
    // Middleware that only passes the call on leaves the wait to the request itself. The caller gets
    // another promise, because the rejection of that one is handled already.
    if (result === this.reached && this.call.access !== 'get' && result instanceof IterablePromise)
      return new IterablePromise((resolve) => resolve(result))
    const answered = new IterablePromise((resolve) => {
      this.resolve = resolve
    })
    this.wait()
    result.then(
      (value) => this.settle(this.call.travelling(value)),
      (error: unknown) => this.fail(error),
    )
    return answered
  }

  /** From now on the time-out, the signal and the end of the client count. */
  private wait(): void {
    const { outgoing, deadlineAt } = this
    const { signal } = this.request
    outgoing.calls.add(this)
    // Middleware may have ended it.
    if (signal?.aborted) return this.aborted()
    if (outgoing.isClosed) return this.close()
    outgoing.deadlines.watch(deadlineAt)
    if (signal !== undefined) onAbort(signal, this)
  }

  reach(): Promise<unknown> {
    const { givenUp, call, request } = this
    this.sent++
    if (givenUp !== undefined) throw givenUp()
    if (!this.isFresh) {
      call.timeoutMs = this.deadlineAt - this.outgoing.deadlines.clock.now()
      if (call.timeoutMs <= 0) throw this.timedOut()
    }
    return request.send(call.given, call)
  }

  override over(): void {
    if (--this.sent === 0 && this.givenUp !== undefined) setImmediate(() => this.giveUp())
  }

  expire(): void {
    this.endWith(() => this.timedOut())
  }

  private timedOut(): TimeoutError {
    return new TimeoutError(`${this.call.service}.${this.call.method}`, this.request.timeoutMs)
  }

  aborted(): void {
    this.endWith(() => this.request.signal?.reason)
  }

  close(): void {
    this.endWith(() => this.outgoing.closedError())
  }

  /**
   * Requests in flight end at the same time and for the same reason, and middleware may handle that
   * error. It has one turn of the event loop to do so; a call that is held by middleware ends
   * immediately.
   */
  private endWith(makeError: () => unknown): void {
    this.givenUp ??= makeError
    if (this.sent === 0) this.giveUp()
  }

  private giveUp(): void {
    if (!this.isSettled) this.fail(this.givenUp?.())
  }

  /** Middleware may fail long after the call has; nobody would handle that rejection. */
  private fail(error: unknown): void {
    if (!this.isSettled) this.settle(Promise.reject(error))
  }

  private settle(result: unknown): void {
    if (this.isSettled) return
    this.isSettled = true
    this.outgoing.calls.delete(this)
    const { signal } = this.request
    if (signal !== undefined) offAbort(signal, this)
    this.resolve(result)
  }
}

class OutgoingCall extends PassingCall implements Changes {
  readonly direction = 'outgoing'
  readonly caller = undefined
  readonly signal: AbortSignal | undefined
  readonly deadline: number | undefined
  readonly message: MiddlewareMessage | undefined
  /** How much time is left, in ms. */
  timeoutMs: number
  private readonly before: OutgoingRequest['metadata']
  private changed: Record<string, string> | undefined

  constructor(service: string, request: OutgoingRequest, deadline: number) {
    super(service, request.name, request.args, request.kind)
    this.signal = request.signal
    this.deadline = deadline === Number.POSITIVE_INFINITY ? undefined : deadline
    this.message = request.message
    this.timeoutMs = request.timeoutMs
    this.before = request.metadata
    this.changed = undefined
  }

  get attempt(): number {
    return 1 + this.repeated
  }

  get metadata(): Record<string, string> {
    this.changed ??= { ...this.before }
    return this.changed
  }

  /** Undefined: no middleware has accessed the metadata, so none has changed it. */
  get changedMetadata(): Record<string, string> | undefined {
    return this.changed
  }
}
