import type { Middleware } from '../../chain/middleware.ts'
import { Passage, PassingCall, pass } from '../../chain/passage.ts'
import type { Request } from '../../wire/message.ts'
import { NotRun } from '../once/not-run.ts'
import { type HasContext, metadataOf, wantContexts } from './call-context.ts'

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

  /**
   * Passes a call through the middleware. Does not throw.
   * @returns a promise, or the result itself if it is there and no middleware waits for it
   */
  run(asked: Asked, request: Request, of: HasContext): unknown {
    return new IncomingPassage(this, asked, request, of).run()
  }

  /**
   * Like {@link Incoming.run}, but rejects with a {@link NotRun} if the middleware refused the
   * call.
   */
  async runOnce(asked: Asked, request: Request, of: HasContext): Promise<unknown> {
    const passage = new IncomingPassage(this, asked, request, of)
    try {
      return await passage.run()
    } catch (error) {
      throw passage.hasBegun ? error : new NotRun(error)
    }
  }
}

class IncomingPassage extends Passage {
  readonly call: IncomingCall
  hasBegun = false
  /** Whether no time has passed since it came. */
  private isFresh = true
  private readonly asked: Asked
  private readonly of: HasContext

  constructor({ service, use }: Incoming, asked: Asked, request: Request, of: HasContext) {
    super(use)
    this.call = new IncomingCall(service, asked, request, of)
    this.asked = asked
    this.of = of
  }

  run(): unknown {
    const { call } = this
    const passed = pass(this)
    this.isFresh = false
    if (this.isKnown && passed === this.reached) return call.travelling(this.value)
    return call.access === 'get' ? passed.then((result) => call.travelling(result)) : passed
  }

  reach(): unknown {
    // If a middleware held the call for too long, its caller no longer waits, so do not begin it.
    if (!this.isFresh) this.of.context.throwIfStopped()
    const args = this.call.given
    this.hasBegun = true
    return this.asked.run(args)
  }
}

class IncomingCall extends PassingCall {
  readonly direction = 'incoming'
  readonly message = undefined
  private readonly request: Request
  private readonly of: HasContext

  constructor(service: string, { name, args, isLent }: Asked, request: Request, of: HasContext) {
    super(service, name, args, isLent ? 'callback' : request.options.notify === true ? 'notify' : 'call')
    this.request = request
    this.of = of
  }

  get attempt(): number {
    return (this.request.options.attempt ?? 1) + this.repeated
  }

  get metadata(): Record<string, string> {
    return metadataOf(this.request)
  }

  get signal(): AbortSignal {
    return this.of.context.signal
  }

  get deadline(): number | undefined {
    return this.of.context.deadline
  }

  get caller(): string {
    return this.request.address.list
  }
}
