import type { EachReply } from '../rpc/call-all.ts'
import type { MiddlewareCall } from '../rpc/middleware/middleware.ts'
import type { Changes, Outgoing, OutgoingRequest } from '../rpc/middleware/outgoing.ts'
import type { ServerInfo } from '../rpc/server-info.ts'
import type { ServerReport } from '../rpc/server-report.ts'
import { isBuiltin, PIPE } from '../wire/reserved.ts'
import type { Caller, ClientStats, RecordSteps } from './caller.ts'
import { type CheckedCallOptions, changedOptions } from './options.ts'
import type { Retries } from './retry.ts'

/** Makes the calls of another caller through middleware, which sees a call that the option `retry` tries again as one. */
export class MiddlewareCaller implements Caller {
  readonly #caller: Caller
  readonly #outgoing: Outgoing
  readonly #retries: Retries

  constructor(caller: Caller, outgoing: Outgoing, retries: Retries) {
    this.#caller = caller
    this.#outgoing = outgoing
    this.#retries = retries
  }

  get stats(): ClientStats {
    return this.#caller.stats
  }

  call(method: string, args: readonly unknown[], options: CheckedCallOptions, operation?: string): Promise<unknown> {
    const caller = this.#caller
    if (isBuiltin(method)) return caller.call(method, args, options, operation)
    const { retry } = options
    return this.#run('call', method, args, options, (given, changed) => {
      if (retry === undefined) return caller.call(method, given, changed, operation)
      const attempt = (each: CheckedCallOptions) => caller.call(method, given, each, operation)
      return this.#retries.run(attempt, changed, retry, () => caller.isRepeatable(method))
    })
  }

  isRepeatable(method: string): boolean {
    return this.#caller.isRepeatable(method)
  }

  /** A pipeline is one call on its way out; the end that runs it has its steps pass one by one. */
  pipe(record: RecordSteps, options: CheckedCallOptions): Promise<unknown> {
    return this.#run('call', PIPE, [], options, (_, changed) => {
      const { retry } = changed
      if (retry === undefined) return this.#caller.pipe(record, changed)
      const attempt = (each: CheckedCallOptions) => this.#caller.pipe(record, each)
      return this.#retries.run(attempt, changed, retry, () => false)
    })
  }

  async notify(method: string, args: readonly unknown[], options: CheckedCallOptions): Promise<void> {
    await this.#run('notify', method, args, options, (given, changed) => this.#caller.notify(method, given, changed))
  }

  async *all(method: string, args: readonly unknown[], options: CheckedCallOptions): AsyncIterable<EachReply> {
    const replies = await this.#run('stream', method, args, options, async (given, changed) =>
      this.#caller.all(method, given, changed),
    )
    yield* replies as AsyncIterable<EachReply>
  }

  servers(options: CheckedCallOptions): Promise<ServerInfo[]> {
    return this.#caller.servers(options)
  }

  reports(options: CheckedCallOptions): Promise<ServerReport[]> {
    return this.#caller.reports(options)
  }

  close(): Promise<void> {
    this.#retries.close()
    this.#outgoing.close()
    return this.#caller.close()
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

/** Sends what is left of a call behind the middleware. */
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
