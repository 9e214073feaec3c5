import type { MiddlewareCall } from '../chain/middleware.ts'
import type { Changes, Outgoing, OutgoingRequest } from '../chain/outgoing.ts'
import type { EachReply } from '../rpc/calls/call-all.ts'
import { isBuiltin, PIPE } from '../wire/reserved.ts'
import { type Caller, CallerDecorator, type RecordSteps } from './caller.ts'
import { type CheckedCallOptions, changedOptions } from './options.ts'

/** Passes calls through middleware to another caller. */
export class MiddlewareCaller extends CallerDecorator {
  readonly #outgoing: Outgoing

  constructor(caller: Caller, outgoing: Outgoing) {
    super(caller)
    this.#outgoing = outgoing
  }

  override call(
    method: string,
    args: readonly unknown[],
    options: CheckedCallOptions,
    operation?: string,
  ): Promise<unknown> {
    const caller = this.inner
    if (isBuiltin(method)) return caller.call(method, args, options, operation)
    return this.#run('call', method, args, options, (given, changed) => caller.call(method, given, changed, operation))
  }

  /**
   * Here a pipeline passes as one call. The end that runs it passes each step through its
   * middleware.
   */
  override pipe(record: RecordSteps, options: CheckedCallOptions): Promise<unknown> {
    return this.#run('call', PIPE, [], options, (_, changed) => this.inner.pipe(record, changed))
  }

  override async notify(method: string, args: readonly unknown[], options: CheckedCallOptions): Promise<void> {
    await this.#run('notify', method, args, options, (given, changed) => this.inner.notify(method, given, changed))
  }

  override async *all(method: string, args: readonly unknown[], options: CheckedCallOptions): AsyncIterable<EachReply> {
    const replies = await this.#run('stream', method, args, options, async (given, changed) =>
      this.inner.all(method, given, changed),
    )
    yield* replies as AsyncIterable<EachReply>
  }

  override close(): Promise<void> {
    this.#outgoing.close()
    return super.close()
  }

  #run(
    kind: MiddlewareCall['kind'],
    name: string,
    args: readonly unknown[],
    options: CheckedCallOptions,
    send: Send,
  ): Promise<unknown> {
    return this.#outgoing.run(new ClientRequest(kind, name, args, options, send))
  }
}

/** Sends a call after it has passed the middleware. */
type Send = (args: readonly unknown[], options: CheckedCallOptions) => Promise<unknown>

class ClientRequest implements OutgoingRequest {
  readonly kind: MiddlewareCall['kind']
  readonly name: string
  readonly args: readonly unknown[]
  private readonly options: CheckedCallOptions
  private readonly sendWith: Send

  constructor(
    kind: MiddlewareCall['kind'],
    name: string,
    args: readonly unknown[],
    options: CheckedCallOptions,
    send: Send,
  ) {
    this.kind = kind
    this.name = name
    this.args = args
    this.options = options
    this.sendWith = send
  }

  get timeoutMs(): number {
    return this.options.timeoutMs
  }

  get signal(): AbortSignal | undefined {
    return this.options.signal
  }

  get metadata(): OutgoingRequest['metadata'] {
    return this.options.given.metadata
  }

  send(args: readonly unknown[], changes: Changes): Promise<unknown> {
    return this.sendWith(args, changedOptions(this.options, changes))
  }
}
