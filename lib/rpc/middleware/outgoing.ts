import { ClosedError } from '../../errors.ts'
import { Deadlines } from '../../link/deadlines.ts'
import { PendingCall, type Settlement } from '../../link/pending-call.ts'
import type { Clock } from '../../util/clock.ts'
import { setImmediate } from '../../util/timers.ts'
import type { Middleware, MiddlewareCall } from './middleware.ts'
import { type Passage, PassingCall, pass } from './passage.ts'

/** A call that an end makes. */
export interface OutgoingRequest {
  /** The method's, as it travels. */
  readonly name: string
  readonly args: readonly unknown[]
  readonly kind: MiddlewareCall['kind']
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly metadata: Readonly<Record<string, string>> | undefined
  /** Makes it. What it throws or rejects with goes back through the middleware. */
  readonly send: (args: readonly unknown[], changes: Changes) => Promise<unknown>
}

/** What the middleware has changed of a call, and how much time it left. */
export interface Changes {
  /** Undefined: as it was. */
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly attempt: number
  readonly timeoutMs: number
}

/** The middleware of an end around the calls that it makes. */
export class Outgoing {
  readonly service: string
  readonly use: readonly Middleware[]
  readonly deadlines: Deadlines
  readonly #calls = new Set<PendingCall<unknown>>()
  #isClosed = false

  constructor(service: string, use: readonly Middleware[], clock: Clock) {
    this.service = service
    this.use = use
    this.deadlines = new Deadlines(
      clock,
      () => this.#calls,
      () => undefined,
    )
  }

  /** Passes a call through the middleware. Does not throw. It ends in time, whatever the middleware does. */
  run(request: OutgoingRequest): Promise<unknown> {
    const { signal } = request
    if (this.#isClosed) return Promise.reject(new ClosedError(`the client of ${this.service} is closed`))
    if (signal?.aborted) return Promise.reject(signal.reason)
    const passage = new OutgoingPassage(this, request, (call) => this.#calls.delete(call))
    this.#calls.add(passage)
    passage.run()
    return passage.answered
  }

  /** Fails the calls that middleware holds; those that are under way end with what they wait for. */
  close(): void {
    this.#isClosed = true
    for (const call of [...this.#calls]) call.close()
    this.deadlines.stop()
  }
}

/** One call on its way out: it waits for what the middleware makes of it, and no longer than its time-out. */
class OutgoingPassage extends PendingCall<unknown> implements Passage {
  readonly use: readonly Middleware[]
  readonly call: OutgoingCall
  private readonly request: OutgoingRequest
  private readonly clock: Clock
  /** How many requests are under way; one, but for a middleware that does not wait. */
  private sent = 0
  /** How it ends once nothing is under way any more. */
  private ending: (() => void) | undefined
  private hasGivenUp = false

  constructor(
    { service, use, deadlines }: Outgoing,
    request: OutgoingRequest,
    release: (call: PendingCall<unknown>) => void,
  ) {
    const call = new OutgoingCall(service, request)
    super(`${service}.${call.method}`, request, deadlines, (settled, how) => {
      release(settled)
      this.hasGivenUp = isGivenUp(how)
    })
    call.deadline = this.deadlineAt
    this.use = use
    this.call = call
    this.request = request
    this.clock = deadlines.clock
    this.ending = undefined
  }

  run(): void {
    pass(this, 0).then(
      (result) => this.answer(this.call.travelling(result)),
      (error: unknown) => this.fail(() => error),
    )
  }

  reach(): Promise<unknown> {
    // The caller does not wait any more, and the promise says why.
    if (this.hasGivenUp) return this.answered
    const { call, request } = this
    let answered: Promise<unknown>
    try {
      const timeoutMs = Math.min(request.timeoutMs, Math.max(1, this.deadlineAt - this.clock.now()))
      answered = request.send(call.given, { metadata: call.changedMetadata, attempt: call.attempt, timeoutMs })
    } catch (error) {
      return Promise.reject(error)
    }
    this.sent++
    return answered.then(
      (answer) => {
        this.over()
        return call.seen(answer)
      },
      (error: unknown) => {
        this.over()
        throw error
      },
    )
  }

  override expire(cause: unknown): void {
    this.endLater(() => super.expire(cause))
  }

  override aborted(): void {
    this.endLater(() => super.aborted())
  }

  override close(): void {
    this.endLater(() => super.close())
  }

  /**
   * What is under way ends at the same time and for the same reason, and the middleware may make something of that. It has one turn of
   * the event loop; what holds a call ends it at once.
   */
  private endLater(end: () => void): void {
    if (this.sent === 0) end()
    else this.ending ??= end
  }

  private over(): void {
    if (--this.sent === 0 && this.ending !== undefined) setImmediate(this.ending)
  }
}

function isGivenUp(how: Settlement): boolean {
  return how === 'expired' || how === 'aborted' || how === 'closed'
}

class OutgoingCall extends PassingCall {
  readonly direction = 'outgoing'
  readonly caller = undefined
  readonly signal: AbortSignal | undefined
  deadline = 0
  private readonly before: OutgoingRequest['metadata']
  private changed: Record<string, string> | undefined

  constructor(service: string, { name, args, kind, signal, metadata }: OutgoingRequest) {
    super(service, name, args, kind)
    this.signal = signal
    this.before = metadata
    this.changed = undefined
  }

  get attempt(): number {
    return 1 + this.repeated
  }

  get metadata(): Record<string, string> {
    this.changed ??= { ...this.before }
    return this.changed
  }

  /** Undefined: nobody has looked at it, so nobody has changed it. */
  get changedMetadata(): Record<string, string> | undefined {
    return this.changed
  }
}
