import type { WorkInProgress } from '../../util/running.ts'
import type { ReplyAddress, Request } from '../../wire/message.ts'
import type { OnceOutcome } from '../once/once-calls.ts'
import { contextHook, type ServedContext } from './call-context.ts'
import type { Replies } from './replies.ts'

/** The part of the server that a running call needs. */
export interface CallServer {
  contextFor(request: Request): ServedContext
  succeed(request: Request, value: unknown): void
  fail(request: Request, thrown: unknown): void
  /** Makes a call wait for the reply to another one. */
  waitForOther(outcome: Extract<OnceOutcome, { wait: unknown }>): void
  /** Answers with a stored reply. */
  answerKept(request: Request, reply: string): void
  /** Answers a call of the library's own that has waited; it is not counted. */
  answer(address: ReplyAddress, makeText: (replies: Replies) => string): void
}

/**
 * A call whose method has not ended yet. There is one for each asynchronous call, so it uses
 * `private` fields, which are set at once, while `#private` ones are added one by one.
 */
export class ServedCall implements WorkInProgress<ServedCall> {
  readonly request: Request
  isRunning = false
  before: ServedCall | undefined
  after: ServedCall | undefined
  protected readonly serving: CallServer
  private made: ServedContext | undefined
  private hasEnded = false

  constructor(serving: CallServer, request: Request) {
    this.request = request
    this.serving = serving
    this.before = undefined
    this.after = undefined
    this.made = undefined
  }

  get address(): ReplyAddress {
    return this.request.address
  }

  /** It may first be read when the method has ended. */
  get context(): ServedContext {
    if (this.made === undefined) {
      this.made = this.serving.contextFor(this.request)
      if (this.hasEnded) this.made.end()
    }
    return this.made
  }

  succeed(value: unknown): void {
    // Otherwise nobody can read the context, and a stream need not keep the request in memory.
    if (contextHook.isOn || this.made !== undefined) contextHook.current = this
    this.serving.succeed(this.request, value)
    contextHook.current = undefined
    this.end()
  }

  fail(thrown: unknown): void {
    this.end()
    this.serving.fail(this.request, thrown)
  }

  protected end(): void {
    this.hasEnded = true
    this.made?.end()
  }
}

/**
 * A call with an idempotency key. It may have several callers, so it does not end when one of them
 * aborts it or times out.
 */
export class OnceCall extends ServedCall {
  override succeed(outcome: OnceOutcome): void {
    this.end()
    if ('wait' in outcome) this.serving.waitForOther(outcome)
    else this.serving.answerKept(this.request, outcome.reply)
  }
}

/** A built-in call that waits for something. */
export class ServedWait extends ServedCall {
  override succeed(value: unknown): void {
    this.serving.answer(this.address, (replies) => replies.valueText(this.address, value))
  }

  override fail(thrown: unknown): void {
    this.serving.answer(this.address, (replies) => replies.failureText(this.address, thrown))
  }
}
