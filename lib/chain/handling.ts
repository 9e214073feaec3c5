import type { Metadata } from '../wire/metadata.ts'
import type { Middleware, MiddlewareCall, MiddlewareMessage } from './middleware.ts'
import { type Passage, PassingCall, pass } from './passage.ts'

/** What an end does because of a message: it handles a task or an event, or runs a function. */
export interface Work {
  /** Of the service, the queue or the stream. */
  readonly service: string
  /** The method's. */
  readonly name: string
  readonly args: readonly unknown[]
  readonly kind: MiddlewareCall['kind']
  /** Frozen. */
  readonly metadata: Metadata
  readonly message: MiddlewareMessage | undefined
  readonly attempt: number
  /** Asked for when a middleware asks. */
  readonly signal: AbortSignal | undefined
  /** Does it. May throw. */
  run(args: readonly unknown[]): unknown
}

/** Does some work with middleware around it. Does not throw. */
export function handle(use: readonly Middleware[], work: Work): Promise<unknown> {
  return pass(new Handling(use, work), 0)
}

class Handling implements Passage {
  readonly use: readonly Middleware[]
  readonly call: HandledCall
  private readonly work: Work

  constructor(use: readonly Middleware[], work: Work) {
    this.use = use
    this.call = new HandledCall(work)
    this.work = work
  }

  async reach(): Promise<unknown> {
    return this.work.run(this.call.given)
  }

  over(): void {}
}

class HandledCall extends PassingCall {
  readonly direction = 'incoming'
  readonly caller = ''
  readonly deadline = undefined
  readonly message: MiddlewareMessage | undefined
  private readonly work: Work

  constructor(work: Work) {
    super(work.service, work.name, work.args, work.kind)
    this.message = work.message
    this.work = work
  }

  get attempt(): number {
    return this.work.attempt + this.repeated
  }

  get metadata(): Record<string, string> {
    return this.work.metadata
  }

  get signal(): AbortSignal | undefined {
    return this.work.signal
  }
}
