import type { Middleware } from '../../chain/middleware.ts'
import { type Passage, PassingCall, pass } from '../../chain/passage.ts'
import type { Request } from '../../wire/message.ts'
import { NotRun } from '../once/not-run.ts'
import { type ServedContext, wantContexts } from './call-context.ts'

/** The call in a request. */
export interface Asked {
  /** The method's name, as sent. */
  readonly name: string
  readonly args: readonly unknown[]
  /** Whether the call goes to something lent. */
  readonly isLent: boolean
  /** Runs it, and throws its errors. */
  readonly run: (args: readonly unknown[]) => unknown
}

/** Returns undefined if there is no middleware. */
export function incomingOf(service: string, use: readonly Middleware[]): Incoming | undefined {
  if (use.length === 0) return undefined
  wantContexts()
  return new Incoming(service, use)
}

/** The middleware of an end around its incoming calls. */
export class Incoming {
  readonly service: string
  readonly use: readonly Middleware[]

  constructor(service: string, use: readonly Middleware[]) {
    this.service = service
    this.use = use
  }

  /** Passes a call through the middleware. Does not throw. */
  run(asked: Asked, request: Request, context: ServedContext): Promise<unknown> {
    return new IncomingPassage(this, asked, request, context).run()
  }

  /**
   * Like {@link Incoming.run}, but rejects with a {@link NotRun} if the middleware refused the
   * call.
   */
  runOnce(asked: Asked, request: Request, context: ServedContext): Promise<unknown> {
    const passage = new IncomingPassage(this, asked, request, context)
    return passage.run().catch((error: unknown) => {
      throw passage.hasBegun ? error : new NotRun(error)
    })
  }
}

class IncomingPassage implements Passage {
  readonly use: readonly Middleware[]
  readonly call: IncomingCall
  hasBegun = false
  private readonly asked: Asked
  private readonly context: ServedContext

  constructor({ service, use }: Incoming, asked: Asked, request: Request, context: ServedContext) {
    this.use = use
    this.call = new IncomingCall(service, asked, request.options.notify === true, context)
    this.asked = asked
    this.context = context
  }

  run(): Promise<unknown> {
    const { call } = this
    const passed = pass(this, 0)
    return call.access === 'get' ? passed.then((result) => call.travelling(result)) : passed
  }

  reach(): Promise<unknown> {
    try {
      // If a middleware held the call for too long, its caller no longer waits, so do not begin it.
      this.context.throwIfStopped()
      const args = this.call.given
      this.hasBegun = true
      return Promise.resolve(this.asked.run(args))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  over(): void {}
}

class IncomingCall extends PassingCall {
  readonly direction = 'incoming'
  readonly message = undefined
  private readonly context: ServedContext

  constructor(service: string, { name, args, isLent }: Asked, isNotification: boolean, context: ServedContext) {
    super(service, name, args, isLent ? 'callback' : isNotification ? 'notify' : 'call')
    this.context = context
  }

  get attempt(): number {
    return this.context.attempt + this.repeated
  }

  get metadata(): Record<string, string> {
    return Object.freeze(this.context.metadata)
  }

  get signal(): AbortSignal {
    return this.context.signal
  }

  get deadline(): number | undefined {
    return this.context.deadline
  }

  get caller(): string {
    return this.context.caller
  }
}
