import type { Metadata } from '../wire/metadata.ts'
import type { Middleware, MiddlewareCall, MiddlewareMessage } from './middleware.ts'
import { Passage, PassingCall, pass } from './passage.ts'

/** Work that an end does for a message: handling a task or an event, or running a function. */
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
  /** Read only when a middleware asks for it. */
  readonly signal: AbortSignal | undefined
  /** Does the work. May throw. */
  run(args: readonly unknown[]): unknown
}

/** Does work with middleware around it. Does not throw. */
export function handle(use: readonly Middleware[], work: Work): Promise<unknown> {
  return pass(new Handling(use, work))
}

class Handling extends Passage {
  readonly call: HandledCall
  private readonly work: Work

  constructor(use: readonly Middleware[], work: Work) {
    super(use)
    this.call = new HandledCall(work)
    this.work = work
  }

  reach(): unknown {
    return this.work.run(this.call.given)
  }
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
