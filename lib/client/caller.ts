import type { PendingCall } from '../link/pending-call.ts'
import type { EachReply } from '../rpc/calls/call-all.ts'
import type { ServerReport } from '../rpc/meter/server-report.ts'
import type { ServerInfo } from '../rpc/presence/server-info.ts'
import type { CallRecord } from '../rpc/watch/call-record.ts'
import type { Codec, RichText } from '../wire/codec.ts'
import { decodeFailure } from '../wire/failure.ts'
import type { Reply } from '../wire/reply.ts'
import type { CheckedCallOptions } from './options.ts'
import type { EncodeArgs } from './pipe/recorder.ts'
import type { WatchSettings } from './watch-options.ts'

/** Counters of a client, since it was created. */
export interface ClientStats {
  /** Calls that are waiting for their answer. */
  readonly pending: number
  /** Replies that arrived after their call had settled, or that belong to no call. */
  readonly late: number
  /** Messages in the inbox that were not valid replies. */
  readonly junk: number
  /** How many functions, objects and signals servers are borrowing from this client. */
  readonly lent: number
  /** How many this client is borrowing from servers. */
  readonly borrowed: number
}

/** Returns the encoded arguments of `rpc.pipe`. */
export type RecordSteps = (encode: EncodeArgs) => string | RichText

/** Makes calls in one dialect of the protocol. */
export interface Caller {
  readonly stats: ClientStats
  /**
   * @param operation the name to use in errors; the method's name by default
   * @throws RpcError, or the error that the remote method threw
   */
  call(method: string, args: readonly unknown[], options: CheckedCallOptions, operation?: string): Promise<unknown>
  /** Whether the service allows a method to run more than once, as far as this client knows. */
  isRepeatable(method: string): boolean
  /** Calls `rpc.pipe`. @param record returns its encoded arguments */
  pipe(record: RecordSteps, options: CheckedCallOptions): Promise<unknown>
  /** Resolves once Redis has the request; there is no answer. */
  notify(method: string, args: readonly unknown[], options: CheckedCallOptions): Promise<void>
  /** Makes every live server run the method. */
  all(method: string, args: readonly unknown[], options: CheckedCallOptions): AsyncIterable<EachReply>
  /** The live servers. */
  servers(options: CheckedCallOptions): Promise<ServerInfo[]>
  /** The measurements of the live servers. */
  reports(options: CheckedCallOptions): Promise<ServerReport[]>
  /**
   * The calls that the servers answer from now on.
   * @param options how to ask the servers
   * @throws InvalidOptionError
   */
  watch(settings: WatchSettings, options: CheckedCallOptions): AsyncIterableIterator<CallRecord>
  close(): Promise<void>
}

/** Forwards calls to another caller; subclasses override some of them. */
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
