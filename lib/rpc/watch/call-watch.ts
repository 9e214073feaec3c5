import { type Clock, type ClockTimer, steadyClock } from '../../util/clock.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import type { CallFilter, CallRecord } from './call-record.ts'

/** How many records a watcher gets at most per time slice; failed calls have a separate share. */
export const MOST_A_SLICE = 50
const SLICE_MS = 100
/** How many records wait for a watcher that reads slowly. */
export const MOST_UNREAD = 500

/** A call that has ended. */
export interface EndedCall extends Pick<CallRecord, 'method' | 'outcome' | 'durationMs'> {
  /** Makes its record; most calls under load need none. */
  record(): Omit<CallRecord, 'sampled'>
}

/** The calls of one kind. */
interface Share {
  /** How many were shown in this time slice. */
  shown: number
  /** How many have ended since the last one that was shown. */
  ended: number
  /** The last one of these; undefined: there are none. */
  last: EndedCall | undefined
}

/**
 * One watcher of a server's calls. Under load it gets a sample, so that watching slows down neither
 * the server nor the watcher.
 */
export class CallWatch implements AsyncIterableIterator<CallRecord> {
  readonly #filter: CallFilter
  readonly #onRead: () => void
  readonly #clock: Clock
  readonly #unread: CallRecord[] = []
  readonly #read: Deferred<void> = deferred()
  readonly #succeeded: Share = { shown: 0, ended: 0, last: undefined }
  readonly #failed: Share = { shown: 0, ended: 0, last: undefined }
  /**
   * Shows the calls that were skipped when no further call follows; undefined: there are none, or
   * no room for them.
   */
  #rest: ClockTimer | undefined
  #sliceBegan = Number.NEGATIVE_INFINITY
  /** Resolves once there is more to read; undefined: no reader waits. */
  #more: Deferred<void> | undefined
  #isOver = false

  /** @param onRead called when it has ended and everything is read */
  constructor(filter: CallFilter, onRead: () => void, clock: Clock = steadyClock) {
    this.#filter = filter
    this.#onRead = onRead
    this.#clock = clock
  }

  /** Shows a call, or counts it in the record of a later one. */
  take(call: EndedCall): void {
    if (this.#isOver || !this.#selects(call)) return
    const share = call.outcome === 'ok' ? this.#succeeded : this.#failed
    share.ended++
    share.last = call
    if (this.#hasRoom(share)) this.#show(share)
    else this.#showLater()
  }

  async next(): Promise<IteratorResult<CallRecord, undefined>> {
    for (;;) {
      const value = this.#unread.shift()
      if (value !== undefined) {
        this.#showLater()
        return { done: false, value }
      }
      if (this.#isOver) return this.return()
      this.#more ??= deferred()
      await this.#more.promise
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.end()
    this.#unread.length = 0
    this.#read.resolve()
    this.#onRead()
    return { done: true, value: undefined }
  }

  /** Ends it; unread records can still be read. */
  end(): void {
    this.#isOver = true
    this.#clock.clearTimer(this.#rest)
    this.#rest = undefined
    for (const share of this.#shares()) this.#show(share)
    this.#wake()
  }

  /** Resolves once it has ended and nothing is unread. */
  get read(): Promise<void> {
    return this.#read.promise
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #wake(): void {
    this.#more?.resolve()
    this.#more = undefined
  }

  #show(share: Share): void {
    const { last, ended } = share
    if (last === undefined) return
    share.shown++
    share.ended = 0
    share.last = undefined
    this.#unread.push({ ...last.record(), sampled: ended })
    this.#wake()
  }

  #showLater(): void {
    if (this.#rest !== undefined || this.#isOver || this.#unread.length >= MOST_UNREAD) return
    if (this.#shares().every(({ last }) => last === undefined)) return
    this.#rest = this.#clock.setTimer(() => {
      this.#rest = undefined
      for (const share of this.#shares()) if (this.#hasRoom(share)) this.#show(share)
      this.#showLater()
    }, SLICE_MS)
  }

  #shares(): readonly Share[] {
    return [this.#succeeded, this.#failed]
  }

  #selects({ method: called, outcome, durationMs }: EndedCall): boolean {
    const { method = called, failed = false, minDurationMs = 0 } = this.#filter
    return called === method && durationMs >= minDurationMs && !(failed && outcome === 'ok')
  }

  #hasRoom(share: Share): boolean {
    const now = this.#clock.now()
    if (now - this.#sliceBegan >= SLICE_MS) {
      this.#sliceBegan = now
      this.#succeeded.shown = 0
      this.#failed.shown = 0
    }
    return share.shown < MOST_A_SLICE && this.#unread.length < MOST_UNREAD
  }
}
