import { ProtocolError, TimeoutError } from '../../errors.ts'
import type { Clock, ClockTimer } from '../../util/clock.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import {
  type Batch,
  type EndMode,
  itemIndex,
  MOST_BYTES,
  MOST_ITEMS,
  MOST_PULLS,
  type Pull,
  readBatch,
  readEnd,
} from './messages.ts'

/** How long a pull waits at the producer, in ms. */
export const WAIT_MS = 10_000
/** Upper bound of the bytes that a message adds around the items of an answer. */
const ENVELOPE_BYTES = 512

/** The answer of the producer as parsed JSON, and the length of its text. */
export interface PullAnswer {
  readonly value: unknown
  /** In UTF-16 units, a lower bound of the bytes. */
  readonly size: number
}

export interface StreamReaderOptions {
  readonly pull: (pull: Pull) => Promise<PullAnswer>
  /** Ends the stream at the producer, and returns its answer as parsed JSON. */
  readonly finish: (mode: EndMode, value: unknown) => Promise<unknown>
  /** Decodes a value from parsed JSON. @param root its name in the paths of errors */
  readonly decode: (json: unknown, meta: unknown, root: string) => unknown
  /** The limit of bytes that are requested and not yet read. */
  readonly windowBytes: number
  /**
   * How long `next()` waits for the first item, and for each later one, in ms; Infinity: no limit.
   */
  readonly firstMs: number
  readonly idleMs: number
  readonly clock: Clock
  /** The name of the stream in errors. */
  readonly operation: string
  /**
   * Called once, when nothing more is requested.
   * @param isTold whether `finish` informs the producer
   */
  readonly onOver: (isTold: boolean) => void
}

/** A pull whose answer has not been processed. */
interface SentPull {
  readonly pull: Pull
  outcome: { readonly answer: PullAnswer } | { readonly error: unknown } | undefined
}

/** Items that have arrived. */
interface Arrived {
  readonly items: unknown[]
  readonly bytes: number
}

/** What comes after the last item. */
type Ending = { readonly failed: false; readonly value: unknown } | { readonly failed: true; readonly error: unknown }

type Result<T> = IteratorResult<T, unknown>

const NOTHING: Arrived = { items: [], bytes: 0 }

/**
 * The reading end of a stream. It starts requesting items on the first `next()`, and keeps two
 * pulls in flight while the requested and unread items fit in the window. So a slow reader slows
 * down its producer.
 */
export class StreamReader<T = unknown> implements AsyncIterableIterator<T>, AsyncDisposable {
  readonly #options: StreamReaderOptions
  #isPatient = false
  readonly #pullBytes: number
  /** Pulls that may be unanswered: one until the first answer, since most streams may be short. */
  #mostPulls = 1
  /** The batch that is being read, and the position in it. */
  #current = NOTHING
  #at = 0
  #later: Arrived[] = []
  /**
   * Bytes that have arrived and are not read; the current batch counts until its last item is read.
   */
  #buffered = 0
  #pulls: SentPull[] = []
  #nextSeq = 0
  #arrivedItems = 0
  #waiting: Deferred<Result<T>>[] = []
  #idle: ClockTimer | undefined
  #ending: Ending | undefined
  /** Nothing more is requested: the producer has ended or was asked to. */
  #isOver = false

  constructor(options: StreamReaderOptions) {
    this.#options = options
    this.#pullBytes = Math.max(1, Math.min(MOST_BYTES, Math.floor(options.windowBytes / MOST_PULLS)))
  }

  /** From now on `next()` waits for as long as the producer lives: the next item may be far off. */
  bePatient(): void {
    this.#isPatient = true
    this.#watchIdle()
  }

  next(): Promise<Result<T>> {
    const { items } = this.#current
    if (this.#at < items.length) {
      const value = items[this.#at++] as T
      if (this.#at === items.length) this.#advance()
      return Promise.resolve({ done: false, value })
    }
    if (this.#ending !== undefined) return this.#takeEnding(this.#ending)
    const waiting = deferred<Result<T>>()
    if (this.#waiting.push(waiting) === 1) this.#watchIdle()
    this.#pullMore()
    return waiting.promise
  }

  /** Leaves the stream, as `break` does: its producer ends. */
  return(value?: unknown): Promise<Result<T>> {
    return this.#leave('return', value)
  }

  /** Throws an error into the producer, and leaves the stream. */
  throw(error?: unknown): Promise<Result<T>> {
    return this.#leave('throw', error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /**
   * No more items can be requested; waiting readers get the error, after the items that have
   * arrived.
   */
  fail(error: unknown): void {
    if (this.#isOver) return
    this.#over(false)
    this.#conclude({ failed: true, error })
  }

  #pullMore(): void {
    const { windowBytes } = this.#options
    while (
      !this.#isOver &&
      this.#pulls.length < this.#mostPulls &&
      ((this.#pulls.length === 0 && this.#buffered === 0) ||
        (this.#pulls.length + 1) * this.#pullBytes + this.#buffered <= windowBytes)
    )
      this.#send()
  }

  #send(): void {
    const pull: Pull = { seq: this.#nextSeq++, maxItems: MOST_ITEMS, maxBytes: this.#pullBytes, waitMs: WAIT_MS }
    const sent: SentPull = { pull, outcome: undefined }
    this.#pulls.push(sent)
    const settle = (outcome: SentPull['outcome']): void => {
      sent.outcome = outcome
      this.#settle()
    }
    this.#options.pull(pull).then(
      (answer) => settle({ answer }),
      (error: unknown) => settle({ error }),
    )
  }

  /** Processes the answers in the order of their pulls. */
  #settle(): void {
    for (let sent = this.#pulls[0]; sent?.outcome !== undefined && !this.#isOver; sent = this.#pulls[0]) {
      this.#pulls.shift()
      this.#mostPulls = MOST_PULLS
      if ('error' in sent.outcome) return this.#fail(sent.outcome.error)
      const size = this.#take(sent.pull, sent.outcome.answer)
      // After an empty answer, a reader without a waiting caller stops pulling: it may have been
      // dropped.
      if (size > 0 || this.#waiting.length > 0) this.#pullMore()
    }
  }

  /** Processes an answer; returns the number of items. */
  #take(pull: Pull, answer: PullAnswer): number {
    let ending: Ending | undefined
    let items: unknown[] = []
    try {
      const batch = readBatch(answer.value, pull.maxItems)
      if (batch.items.length > 1 && answer.size > pull.maxBytes + ENVELOPE_BYTES)
        throw new ProtocolError(`a batch takes ${answer.size} bytes, of ${pull.maxBytes} that were asked for`)
      items = batch.items
      ending = this.#decode(batch)
    } catch (error) {
      ending = { failed: true, error }
    }
    if (ending !== undefined) this.#over(ending.failed)
    if (items.length > 0) this.#arrive({ items, bytes: answer.size })
    if (ending !== undefined) this.#conclude(ending)
    if (ending?.failed === true) this.#leaveQuietly()
    return items.length
  }

  /** Decodes the items in place; items after one that cannot be decoded are dropped. */
  #decode({ items, metas, isDone, value, meta }: Batch): Ending | undefined {
    const { decode } = this.#options
    const first = this.#arrivedItems
    this.#arrivedItems += items.length
    let bad: { readonly index: number; readonly error: unknown } | undefined
    // Keys that are numbers come in their order.
    for (const key of metas === undefined ? [] : Object.keys(metas)) {
      const index = itemIndex(key, items.length)
      try {
        items[index] = decode(items[index], metas?.[key], `items[${first + index}]`)
      } catch (error) {
        bad ??= { index, error }
      }
    }
    if (bad !== undefined) {
      items.length = bad.index
      return { failed: true, error: bad.error }
    }
    return isDone ? { failed: false, value: decode(value, meta, 'value') } : undefined
  }

  #arrive(arrived: Arrived): void {
    this.#buffered += arrived.bytes
    if (this.#at < this.#current.items.length) {
      this.#later.push(arrived)
      return
    }
    this.#current = arrived
    this.#at = 0
    if (this.#waiting.length > 0) this.#deliver()
  }

  #deliver(): void {
    const { items } = this.#current
    const served = this.#waiting.splice(0, items.length)
    for (const { resolve } of served) resolve({ done: false, value: items[this.#at++] as T })
    this.#watchIdle()
    if (this.#at === items.length) this.#advance()
  }

  /** The last item of the current batch was read. */
  #advance(): void {
    this.#buffered -= this.#current.bytes
    this.#current = this.#later.shift() ?? NOTHING
    this.#at = 0
    this.#pullMore()
  }

  /** Ends with an error that the producer may not know about. */
  #fail(error: unknown): void {
    if (this.#isOver) return
    this.#over(true)
    this.#conclude({ failed: true, error })
    this.#leaveQuietly()
  }

  /** Informs the producer; if it has already ended, this has no effect. */
  #leaveQuietly(): void {
    this.#options.finish('return', undefined).catch(() => {})
  }

  /** Stops requesting items. */
  #over(isTold: boolean): void {
    this.#isOver = true
    this.#pulls = []
    this.#options.onOver(isTold)
  }

  /** No items follow those that have arrived. */
  #conclude(ending: Ending): void {
    this.#ending = ending
    for (const { resolve } of this.#waiting.splice(0)) resolve(this.#takeEnding(this.#ending))
    this.#watchIdle()
  }

  /** The ending after the last item is delivered once; after that, the stream is done. */
  #takeEnding(ending: Ending): Promise<Result<T>> {
    this.#ending = { failed: false, value: undefined }
    return ending.failed ? Promise.reject(ending.error) : Promise.resolve({ done: true, value: ending.value })
  }

  async #leave(mode: EndMode, value: unknown): Promise<Result<T>> {
    const isOver = this.#isOver
    this.#current = NOTHING
    this.#at = 0
    this.#later = []
    this.#buffered = 0
    if (!isOver) this.#over(true)
    this.#conclude({ failed: false, value: undefined })
    if (!isOver) return { done: true, value: await this.#finish(mode, value) }
    if (mode === 'throw') throw value
    return { done: true, value }
  }

  async #finish(mode: EndMode, value: unknown): Promise<unknown> {
    const end = readEnd(await this.#options.finish(mode, value))
    return this.#options.decode(end.value, end.meta, 'value')
  }

  /** Restarts the idle time-out of waiting callers. */
  #watchIdle(): void {
    const { clock, firstMs, idleMs, operation } = this.#options
    clock.clearTimer(this.#idle)
    this.#idle = undefined
    const limitMs = this.#arrivedItems === 0 ? firstMs : idleMs
    if (this.#isPatient || this.#waiting.length === 0 || limitMs === Number.POSITIVE_INFINITY) return
    this.#idle = clock.setTimer(() => this.#fail(new TimeoutError(operation, limitMs)), limitMs)
  }
}
