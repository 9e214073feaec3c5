import { isRpcError, ProtocolError } from '../../errors.ts'
import { type AbortListener, offAbort, onAbort } from '../../util/abort.ts'
import type { Clock, ClockTimer } from '../../util/clock.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import { isIterableStream } from '../../util/stream-form.ts'
import { waitAtMost } from '../../util/within.ts'
import { StreamReader } from '../streams/stream-reader.ts'
import { type CallRecord, readCallRecord } from './call-record.ts'

/** How often new servers are looked for, in ms. */
const LOOK_MS = 1_000
/** How long a leaving reader waits for the servers, in ms. */
const LEAVE_MS = 1_000
/**
 * How many unread records are buffered; beyond that, the servers' streams pause, and the servers
 * send fewer calls.
 */
export const MOST_BUFFERED = 1_000

export interface CallFeedOptions {
  readonly service: string
  /** Finds the live servers. */
  readonly findServers: () => Promise<readonly string[]>
  /** Asks one server for its stream of records. */
  readonly ask: (server: string) => Promise<unknown>
  readonly signal: AbortSignal | undefined
  readonly clock: Clock
  /** The feeds that have begun and not ended; their client ends them when it closes. */
  readonly open: Set<CallFeed>
}

/** The calls of all servers of a service, including servers that start later. */
export class CallFeed implements AsyncIterableIterator<CallRecord> {
  readonly #options: CallFeedOptions
  readonly #unread: CallRecord[] = []
  /** By server; undefined: it was asked and has not answered yet. */
  readonly #streams = new Map<string, AsyncIterator<unknown> | undefined>()
  /** Servers that refuse to be watched, and their last errors. */
  readonly #refusals = new Map<string, unknown>()
  readonly #aborted: AbortListener
  #more: Deferred<void> | undefined
  #room: Deferred<void> | undefined
  #timer: ClockTimer | undefined
  #hasBegun = false
  /** Whether any server has allowed it. */
  #hasRead = false
  #isOver = false
  /** Settles once the servers know that it has ended. */
  #left: Promise<unknown> = Promise.resolve()
  #failure: { readonly error: unknown } | undefined

  constructor(options: CallFeedOptions) {
    this.#options = options
    const { signal } = options
    this.#aborted = { aborted: () => this.end(signal?.reason) }
  }

  async next(): Promise<IteratorResult<CallRecord, undefined>> {
    this.#begin()
    for (;;) {
      const value = this.#unread.shift()
      if (value !== undefined) {
        this.#wakeServers()
        return { done: false, value }
      }
      if (this.#failure !== undefined) throw this.#failed()
      if (this.#isOver) return { done: true, value: undefined }
      this.#more ??= deferred()
      await this.#more.promise
    }
  }

  /** Ends it, and resolves once the servers have ended their streams. */
  async return(): Promise<IteratorResult<CallRecord, undefined>> {
    this.#unread.length = 0
    this.end(undefined)
    await waitAtMost(this.#options.clock, LEAVE_MS, this.#left)
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #begin(): void {
    if (this.#hasBegun || this.#isOver) return
    this.#hasBegun = true
    const { signal } = this.#options
    if (signal?.aborted) return this.end(signal.reason)
    if (signal !== undefined) onAbort(signal, this.#aborted)
    this.#options.open.add(this)
    void this.#look(true)
  }

  /** It fails once; after that it has ended. */
  #failed(): unknown {
    const error = this.#failure?.error
    this.#failure = undefined
    return error
  }

  async #look(isFirst: boolean): Promise<void> {
    const { findServers, clock } = this.#options
    try {
      const servers = await findServers()
      if (this.#isOver) return
      for (const server of servers)
        if (!this.#streams.has(server) && !isFinal(this.#refusals.get(server))) void this.#read(server)
      for (const server of this.#refusals.keys()) if (!servers.includes(server)) this.#refusals.delete(server)
    } catch (error) {
      // A later look is repeated: the connection may come back.
      if (isFirst) return this.end(error)
    }
    if (!this.#isOver) this.#timer = clock.setTimer(() => void this.#look(false), LOOK_MS)
  }

  /** Reads one server until its stream ends. If the server is still there, the next look asks it again. */
  async #read(server: string): Promise<void> {
    this.#streams.set(server, undefined)
    try {
      await this.#readStream(server)
    } catch (error) {
      if (isRefusal(error)) this.#refusals.set(server, error)
    }
    this.#streams.delete(server)
    const [refusal] = this.#refusals.values()
    if (!this.#hasRead && this.#streams.size === 0 && refusal !== undefined) this.end(refusal)
  }

  async #readStream(server: string): Promise<void> {
    const stream = await this.#options.ask(server)
    if (!isIterableStream(stream))
      throw new ProtocolError(`the answer to rpc.watch of ${this.#options.service} is not a stream`)
    const iterator = stream[Symbol.asyncIterator]()
    // There may be no calls for hours. A second stream after a time-out would miss those in between.
    if (iterator instanceof StreamReader) iterator.bePatient()
    this.#hasRead = true
    this.#refusals.delete(server)
    this.#streams.set(server, iterator)
    try {
      while (!this.#isOver) {
        const { done, value } = await iterator.next()
        if (done === true) return
        const record = readCallRecord(value)
        if (record?.server === server) await this.#take(record)
      }
    } finally {
      void iterator.return?.().catch(() => {})
    }
  }

  async #take(record: CallRecord): Promise<void> {
    // Every server waits for the same room, and only one of them gets it.
    while (this.#unread.length >= MOST_BUFFERED && !this.#isOver) {
      this.#room ??= deferred()
      await this.#room.promise
    }
    if (this.#isOver) return
    this.#unread.push(record)
    this.#more?.resolve()
    this.#more = undefined
  }

  #wakeServers(): void {
    this.#room?.resolve()
    this.#room = undefined
  }

  /**
   * Ends it: the reader gets the unread records, then the error.
   * @param error undefined: it ends without one
   */
  end(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = error === undefined ? undefined : { error }
    const { signal, clock, open } = this.#options
    if (signal !== undefined) offAbort(signal, this.#aborted)
    clock.clearTimer(this.#timer)
    this.#left = Promise.allSettled([...this.#streams.values()].map((iterator) => iterator?.return?.()))
    this.#more?.resolve()
    this.#wakeServers()
    open.delete(this)
  }
}

/** Errors of a server that has no stream for this reader. */
const REFUSALS: readonly string[] = ['ERR_METHOD_NOT_FOUND', 'ERR_BUSY', 'ERR_REFERENCE_LIMIT']

function isRefusal(error: unknown): boolean {
  return isRpcError(error) && REFUSALS.includes(error.code)
}

/** Whether a server will refuse for as long as it lives; one with too many watchers may take another one later. */
function isFinal(refusal: unknown): boolean {
  return isRpcError(refusal) && refusal.code === 'ERR_METHOD_NOT_FOUND'
}
