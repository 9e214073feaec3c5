import { ClosedError, ReferenceLostError } from '../../errors.ts'
import type { Clock } from '../../util/clock.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import type { StreamForm } from '../../util/stream-form.ts'
import { waitAtMost } from '../../util/within.ts'
import type { Codec } from '../../wire/codec.ts'
import type { Handle } from '../../wire/handle.ts'
import { NEXT, RETURN } from '../../wire/reserved.ts'
import type { CallSettings, SentCall } from '../calls/sent-call.ts'
import { contextHook } from '../serving/call-context.ts'
import type { EndMode, Pull } from '../streams/messages.ts'
import type { StreamOptions } from '../streams/options.ts'
import { readableOf } from '../streams/readable.ts'
import { type PullAnswer, StreamReader, WAIT_MS } from '../streams/stream-reader.ts'
import type { Loaner } from './borrowed.ts'
import { ENVELOPE_BYTES, LentStream } from './lent-stream.ts'

/** How much longer a pull may take than its wait at the producer, in ms. */
const ON_THE_WAY_MS = 60_000
const PULL: CallSettings = {
  timeoutMs: WAIT_MS + ON_THE_WAY_MS,
  signal: undefined,
  options: undefined,
  isAskedAfter: true,
}

export interface StreamsOptions extends Required<StreamOptions> {
  readonly service: string
  readonly clock: Clock
  readonly onError: (error: Error) => void
  /** The options of the call that ends a stream; its time-out also applies to the first item. */
  readonly settings: CallSettings
  readonly codec: () => Codec
  /** Calls something borrowed. @throws ReferenceLostError, ClosedError */
  readonly call: (loaner: Loaner, name: string, args: readonly unknown[], settings: CallSettings) => SentCall
  /** A borrowed stream has ended at its producer too. */
  readonly forget: (loaner: Loaner) => void
  readonly release: (loaner: Loaner) => void
  /** A lent stream has ended. */
  readonly onOver: (stream: LentStream) => void
}

/** The streams that an endpoint lends, and those it reads. */
export class Streams {
  readonly #options: StreamsOptions
  readonly #lent = new Set<LentStream>()
  readonly #leaving = new Set<() => void>()
  /** The waiter for the end of the lent streams that count. */
  #draining: { readonly counts: (stream: object) => boolean; readonly drained: Deferred<void> } | undefined
  /** Set once this end is closed: the error for all streams. */
  #closed: ClosedError | undefined

  constructor(options: StreamsOptions) {
    this.#options = options
  }

  /** Creates a stream to lend. */
  lend(value: object, form: StreamForm): LentStream {
    const { streamIdleMs, codec } = this.#options
    const stream = new LentStream(value, form, contextHook.current?.context, {
      ...this.#options,
      codec: codec(),
      firstPullMs: streamIdleMs,
      onOver: (over) => this.#over(over),
      leaving: this.#leaving,
    })
    this.#lent.add(stream)
    return stream
  }

  /** Creates the local reader of a remote stream. */
  make(loaner: Loaner, handle: Handle): object {
    const { service, settings, streamWindowBytes, streamIdleMs, codec, clock, forget } = this.#options
    const most = 2 * Math.max(1, codec().limits.maxMessageBytes - ENVELOPE_BYTES)
    const reader = new StreamReader({
      pull: (pull) => this.#pull(loaner, pull),
      finish: (mode, value) => this.#finish(loaner, mode, value),
      decode: (json, meta, root) => codec().decode(json, meta, root, loaner.at),
      windowBytes: Math.min(streamWindowBytes, most),
      firstMs: settings.timeoutMs,
      idleMs: streamIdleMs,
      clock,
      operation: `a stream of ${service}`,
      onOver: (isTold) => {
        if (!isTold) forget(loaner)
      },
    })
    return handle.form === 'readable' ? readableOf(reader) : reader
  }

  /** Resolves once no lent stream that counts is left, at the latest after `limitMs`. */
  async drained(limitMs: number, counts: (stream: object) => boolean): Promise<void> {
    this.#draining = { counts, drained: deferred() }
    this.#checkDrained()
    await waitAtMost(this.#options.clock, limitMs, this.#draining.drained.promise)
  }

  /** Ends all lent and read streams; waiting callers at both ends get a `ClosedError`. */
  close(what: string): void {
    this.#closed = new ClosedError(`${what} was closed`)
    for (const stream of [...this.#lent]) stream.end(this.#closed)
    for (const waitNoLonger of this.#leaving) waitNoLonger()
  }

  #over(stream: LentStream): void {
    this.#lent.delete(stream)
    this.#checkDrained()
    this.#options.onOver(stream)
  }

  #checkDrained(): void {
    if (this.#draining === undefined) return
    const { counts, drained } = this.#draining
    for (const { value } of this.#lent) if (counts(value)) return
    drained.resolve()
  }

  async #pull(loaner: Loaner, { seq, maxItems, maxBytes, waitMs }: Pull): Promise<PullAnswer> {
    try {
      const call = this.#options.call(loaner, NEXT, [seq, maxItems, maxBytes, waitMs], PULL)
      return { value: await call.answered, size: call.size }
    } catch (error) {
      if (this.#closed !== undefined) throw this.#closed
      // The producer's end was closed normally: report that to the reader, as to one that was
      // waiting at that time.
      throw error instanceof ReferenceLostError && error.cause instanceof ClosedError ? error.cause : error
    }
  }

  async #finish(loaner: Loaner, mode: EndMode, value: unknown): Promise<unknown> {
    const { call, settings, forget, release } = this.#options
    try {
      const answer = await call(loaner, RETURN, value === undefined ? [mode] : [mode, value], settings).answered
      forget(loaner)
      return answer
    } catch (error) {
      // It has ended already, or its end is gone.
      const isOver = error instanceof ReferenceLostError
      if (isOver) forget(loaner)
      else release(loaner)
      if (!isOver || mode === 'throw') throw isOver ? value : error
      return {}
    }
  }
}
