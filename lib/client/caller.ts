import type { PendingCall } from '../link/pending-call.ts'
import type { EachReply } from '../rpc/call-all.ts'
import type { ServerInfo } from '../rpc/server-info.ts'
import type { ServerReport } from '../rpc/server-report.ts'
import type { CallRecord } from '../rpc/watch/call-record.ts'
import type { Codec, RichText } from '../wire/codec.ts'
import { decodeFailure } from '../wire/failure.ts'
import type { Reply } from '../wire/reply.ts'
import type { CheckedCallOptions } from './options.ts'
import type { EncodeArgs } from './pipe/recorder.ts'
import type { WatchSettings } from './watch-options.ts'

/** What a client has seen since it was made. */
export interface ClientStats {
  /** Calls waiting for their answer now. */
  readonly pending: number
  /** Replies that came after their call had settled, or that nobody had asked for. */
  readonly late: number
  /** Messages on the inbox that were no replies. */
  readonly junk: number
  /** Functions, objects and signals that servers have borrowed from this client now. */
  readonly lent: number
  /** Those that it has borrowed from servers. */
  readonly borrowed: number
}

/** Gives the text of the arguments of `rpc.pipe`. */
export type RecordSteps = (encode: EncodeArgs) => string | RichText

/** One dialect's way to make calls. */
export interface Caller {
  readonly stats: ClientStats
  /**
   * @param operation what errors call it, if it is not the method
   * @throws RpcError of this library, or what the far method threw
   */
  call(method: string, args: readonly unknown[], options: CheckedCallOptions, operation?: string): Promise<unknown>
  /** Whether the service lets a method run more than once, as far as this client knows. */
  isRepeatable(method: string): boolean
  /** Calls `rpc.pipe`. @param record gives the text of its arguments */
  pipe(record: RecordSteps, options: CheckedCallOptions): Promise<unknown>
  /** Resolves once Redis has the request; nobody answers. */
  notify(method: string, args: readonly unknown[], options: CheckedCallOptions): Promise<void>
  /** Has every live server run it. */
  all(method: string, args: readonly unknown[], options: CheckedCallOptions): AsyncIterable<EachReply>
  /** The servers that live. */
  servers(options: CheckedCallOptions): Promise<ServerInfo[]>
  /** What they have measured. */
  reports(options: CheckedCallOptions): Promise<ServerReport[]>
  /** The calls that they answer from now on. @param options how the servers are asked. @throws InvalidOptionError */
  watch(settings: WatchSettings, options: CheckedCallOptions): AsyncIterableIterator<CallRecord>
  close(): Promise<void>
}

/** Makes the calls of another caller; subclasses change what they are about. */
export abstract class CallerDecorator implements Caller {
  protected readonly inner: Caller

  constructor(inner: Caller) {
    this.inner = inner
  }

  get stats(): ClientStats {
    return this.inner.stats
  }

  call(method: string, args: readonly unknown[], options: CheckedCallOptions, operation?: string): Promise<unknown> {
    return this.inner.call(method, args, options, operation)
  }

  isRepeatable(method: string): boolean {
    return this.inner.isRepeatable(method)
  }

  pipe(record: RecordSteps, options: CheckedCallOptions): Promise<unknown> {
    return this.inner.pipe(record, options)
  }

  notify(method: string, args: readonly unknown[], options: CheckedCallOptions): Promise<void> {
    return this.inner.notify(method, args, options)
  }

  all(method: string, args: readonly unknown[], options: CheckedCallOptions): AsyncIterable<EachReply> {
    return this.inner.all(method, args, options)
  }

  servers(options: CheckedCallOptions): Promise<ServerInfo[]> {
    return this.inner.servers(options)
  }

  reports(options: CheckedCallOptions): Promise<ServerReport[]> {
    return this.inner.reports(options)
  }

  watch(settings: WatchSettings, options: CheckedCallOptions): AsyncIterableIterator<CallRecord> {
    return this.inner.watch(settings, options)
  }

  close(): Promise<void> {
    return this.inner.close()
  }
}

/** Settles a call with its reply. */
export function settle(call: PendingCall<unknown>, reply: Reply, codec: Codec): void {
  if (reply.failed) return call.fail(() => decodeFailure(reply, codec))
  if (reply.meta === undefined) return call.answer(reply.value)
  let value: unknown
  try {
    value = codec.decode(reply.value, reply.meta, 'return_value')
  } catch (error) {
    return call.fail(() => error)
  }
  call.answer(value)
}
