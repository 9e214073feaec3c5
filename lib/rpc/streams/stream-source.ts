import { MessageTooLargeError, ProtocolError, SerializationError } from '../../errors.ts'
import type { Clock, ClockTimer } from '../../util/clock.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import { setImmediate } from '../../util/timers.ts'
import type { RichText } from '../../wire/codec.ts'
import { thrownText } from '../../wire/thrown.ts'
import { BatchText, doneText, type EncodedItem, type EndMode, encodedItem, endText, type Pull } from './messages.ts'
import { OpenPulls } from './open-pulls.ts'

/** How long items that come without a pause may block other work, in ms. */
const SLICE_MS = 8
/** How long a leaving reader waits for a busy generator, in ms; the generator ends anyway. */
const BUSY_MS = 100
/**
 * The largest batch in bytes, whatever the reader requests: a longer answer would not be kept for
 * resending.
 */
const LONGEST_BATCH = 500_000
const NO_MORE = new BatchText().text(doneText(undefined))

export interface StreamSourceOptions {
  /** Encodes an item. @param root its name in the paths of errors */
  readonly encode: (item: unknown, root: string) => string | RichText
  /** Most bytes that an item may take. */
  readonly maxBytes: number
  /** How long to wait for the first pull, in ms; Infinity: no limit. */
  readonly firstPullMs: number
  readonly clock: Clock
  readonly onError: (error: Error) => void
  /**
   * Called once, when the stream has ended and can no longer be pulled.
   * @param reason undefined: the iterator has ended
   */
  readonly onOver: (reason: unknown) => void
  /**
   * Readers that have left and wait while the iterator is busy: each function answers one. Closing
   * calls them.
   */
  readonly leaving: Set<() => void>
  /** Runs user code in the context of the call that the stream belongs to. */
  readonly inContext?: <T>(work: () => T) => T
}

/** How an iterator ended, before the reader knows. */
type Ending =
  | { readonly failed: false; readonly value: EncodedItem | undefined }
  | { readonly failed: true; readonly error: unknown }

/**
 * The producing end of a stream: takes items from an iterator only as the reader requests them, and
 * answers in batches. Items of one turn of the event loop are sent together.
 */
export class StreamSource {
  readonly #iterator: AsyncIterator<unknown>
  readonly #options: StreamSourceOptions
  readonly #pulls: OpenPulls
  /** An item that no pull had room for. */
  #held: EncodedItem | undefined
  #ending: Ending | undefined
  #items = 0
  #isPumping = false
  /** Whether a call of `next` on the iterator is pending. */
  #isAsked = false
  #isOver = false
  #endedBy: Error | undefined
  /** Resolves at the end of this turn; undefined: no items in this turn. */
  #turn: Deferred<void> | undefined
  #turnBegan = 0
  #firstPull: ClockTimer | undefined

  constructor(iterator: AsyncIterator<unknown>, options: StreamSourceOptions) {
    this.#iterator = iterator
    this.#options = options
    const { clock, firstPullMs } = options
    this.#pulls = new OpenPulls(clock)
    if (firstPullMs !== Number.POSITIVE_INFINITY)
      this.#firstPull = clock.setTimer(
        () => this.end(new ProtocolError(`nobody has read the stream for ${firstPullMs} ms`)),
        firstPullMs,
      )
  }

  /**
   * Returns the text of the answer to a pull. Rejects with the iterator's error, or with a
   * ProtocolError if the pull is out of order.
   */
  pull(pull: Pull): Promise<string> {
    if (this.#endedBy !== undefined) return Promise.reject(this.#endedBy)
    if (this.#isOver) return Promise.resolve(NO_MORE)
    const { clock } = this.#options
    clock.clearTimer(this.#firstPull)
    const open = this.#pulls.add(pull)
    if (open === undefined) {
      const error = new ProtocolError(`pull ${pull.seq} of a stream is out of order`)
      this.end(error)
      return Promise.reject(error)
    }
    this.#resume()
    return open.answer.promise
  }

  /**
   * The reader leaves: ends the iterator as requested, and returns the text of the answer. Rejects
   * with the iterator's error.
   */
  async finish(mode: EndMode, value: unknown): Promise<string> {
    if (this.#isOver || this.#ending !== undefined) {
      this.#stop(left())
      if (mode === 'throw') throw value
      return endText(true, this.#encodeValue(value))
    }
    const isBusy = this.#isAsked
    this.#stop(left())
    const ended = this.#endIterator(mode, value)
    if (!isBusy) return await ended
    return await this.#atMost(BUSY_MS, ended, () => endText(true, undefined))
  }

  /** The stream has no reader any more. @param reason the error for waiting pulls */
  end(reason: Error): void {
    if (this.#isOver) return
    const hasEnded = this.#ending !== undefined
    this.#endedBy = reason
    this.#pulls.rejectAll(reason)
    this.#stop(reason)
    if (!hasEnded) this.#endIterator('return', undefined).catch((error) => this.#report(error))
  }

  #resume(): void {
    if (this.#held !== undefined && this.#pulls.head !== undefined) {
      const held = this.#held
      this.#held = undefined
      this.#take(held)
    }
    if (this.#ending !== undefined) return this.#conclude(this.#ending)
    if (this.#isPumping || !this.#mayAsk()) return
    const { inContext } = this.#options
    if (inContext === undefined) void this.#pump()
    else void inContext(() => this.#pump())
  }

  #mayAsk(): boolean {
    return !this.#isOver && this.#ending === undefined && this.#held === undefined && this.#pulls.head !== undefined
  }

  /**
   * Takes items while there is credit. Apart from the iterator's own work, an item costs one
   * `await`.
   */
  async #pump(): Promise<void> {
    const { clock } = this.#options
    this.#isPumping = true
    try {
      while (this.#mayAsk()) {
        this.#isAsked = true
        const result = await this.#iterator.next()
        this.#isAsked = false
        if (this.#isOver) break
        if (typeof result !== 'object' || result === null)
          throw new TypeError(`${String(result)} is no iterator result`)
        if (result.done === true) {
          this.#endWith({ failed: false, value: this.#encodeValue(result.value) })
          break
        }
        if (!this.#encode(result.value)) break
        if (this.#turn !== undefined && clock.now() - this.#turnBegan > SLICE_MS) await this.#turn.promise
      }
    } catch (error) {
      // An error after the reader has left is usually how the generator reacts to being ended.
      if (!this.#isOver) this.#endWith({ failed: true, error })
    } finally {
      this.#isAsked = false
      this.#isPumping = false
    }
  }

  /** Whether it could be encoded. */
  #encode(value: unknown): boolean {
    let item: EncodedItem
    try {
      item = this.#encoded(value, 'item')
    } catch (error) {
      this.#endWith({ failed: true, error: this.#named(error, value) })
      this.#endIterator('return', undefined).catch((failure) => this.#report(failure))
      return false
    }
    this.#items++
    this.#take(item)
    return true
  }

  #encoded(value: unknown, root: string): EncodedItem {
    const { encode, maxBytes } = this.#options
    const encoded = encode(value, root)
    const item = encodedItem(encoded)
    if (item.bytes <= maxBytes) return item
    if (typeof encoded !== 'string') for (const loan of encoded.loans ?? []) loan.cancel()
    throw new MessageTooLargeError('maxMessageBytes', maxBytes, item.bytes)
  }

  /**
   * Repeats the encoding to get the item's number into the path of the error. Building each path
   * beforehand would cost more than the item's JSON.
   */
  #named(error: unknown, value: unknown): unknown {
    if (!(error instanceof SerializationError)) return error
    try {
      this.#encoded(value, `items[${this.#items}]`)
      return error
    } catch (named) {
      return named
    }
  }

  #encodeValue(value: unknown): EncodedItem | undefined {
    return value === undefined ? undefined : this.#encoded(value, 'value')
  }

  #take(item: EncodedItem): void {
    let head = this.#pulls.head
    if (head !== undefined && head.batch.size > 0 && head.batch.bytes + item.bytes > this.#room(head)) {
      this.#pulls.answer(head)
      head = this.#pulls.head
    }
    if (head === undefined) {
      this.#held = item
      return
    }
    head.batch.add(item)
    if (head.batch.size === head.maxItems || head.batch.bytes >= this.#room(head)) this.#pulls.answer(head)
    else this.#answerAfterTurn()
  }

  #room({ maxBytes }: Pull): number {
    return Math.min(maxBytes, this.#options.maxBytes, LONGEST_BATCH)
  }

  #answerAfterTurn(): void {
    if (this.#turn !== undefined) return
    const turn = deferred<void>()
    this.#turn = turn
    this.#turnBegan = this.#options.clock.now()
    setImmediate(() => {
      this.#turn = undefined
      const head = this.#pulls.head
      if (head !== undefined && head.batch.size > 0) this.#pulls.answer(head)
      turn.resolve()
    })
  }

  #endWith(ending: Ending): void {
    this.#ending = ending
    this.#conclude(ending)
  }

  /** Informs the reader how the iterator ended, at its next pull. */
  #conclude(ending: Ending): void {
    const head = this.#pulls.head
    if (this.#isOver || this.#held !== undefined || head === undefined) return
    if (ending.failed) {
      if (head.batch.size > 0) {
        this.#pulls.answer(head)
        return this.#conclude(ending)
      }
      this.#pulls.rejectAll(ending.error)
    } else {
      const { value } = ending
      if (value !== undefined && head.batch.size > 0 && head.batch.bytes + value.bytes > this.#room(head)) {
        this.#pulls.answer(head)
        return this.#conclude(ending)
      }
      this.#pulls.answer(head, doneText(value))
    }
    this.#stop(undefined)
  }

  /** There are no more items; answers waiting pulls. */
  #stop(reason: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#held = undefined
    this.#options.clock.clearTimer(this.#firstPull)
    this.#pulls.answerAll(doneText(undefined))
    this.#options.onOver(reason)
  }

  /** Calls the iterator's `return` or `throw`, once. */
  async #endIterator(mode: EndMode, value: unknown): Promise<string> {
    const { inContext = (work) => work() } = this.#options
    const iterator = this.#iterator
    if (mode === 'throw' && typeof iterator.throw !== 'function') {
      await inContext(() => iterator.return?.())
      throw value
    }
    const result = await inContext(() => (mode === 'throw' ? iterator.throw?.(value) : iterator.return?.(value)))
    if (result === undefined) return endText(true, this.#encodeValue(value))
    // A generator that continues anyway has no reader any more.
    if (result.done !== true) inContext(() => iterator.return?.())?.catch((error: unknown) => this.#report(error))
    return endText(result.done === true, this.#encodeValue(result.value))
  }

  async #atMost(limitMs: number, work: Promise<string>, late: () => string): Promise<string> {
    const { clock, leaving } = this.#options
    const limit = deferred<string>()
    const waitNoLonger = (): void => {
      work.catch((error) => this.#report(error))
      limit.resolve(late())
    }
    const timer = clock.setTimer(waitNoLonger, limitMs)
    leaving.add(waitNoLonger)
    try {
      return await Promise.race([work, limit.promise])
    } finally {
      leaving.delete(waitNoLonger)
      clock.clearTimer(timer)
    }
  }

  #report(error: unknown): void {
    this.#options.onError(error instanceof Error ? error : new Error(`the end of a stream threw ${thrownText(error)}`))
  }
}

/** The reason if the reader has left. */
function left(): DOMException {
  return new DOMException('the reader has left the stream', 'AbortError')
}
