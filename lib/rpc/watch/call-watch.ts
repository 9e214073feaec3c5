import { type Deferred, deferred } from '../../util/deferred.ts'
import { elapsedMs } from '../../util/timers.ts'
import type { CallFilter, CallRecord } from './call-record.ts'

/** How many records a watcher gets at most per time slice; failed calls have a separate share. */
export const MOST_A_SLICE = 50
const SLICE_MS = 100
/** How many records wait for a watcher that reads slowly. */
export const MOST_UNREAD = 500

/** How a call has ended. */
export interface EndedCall extends Pick<CallRecord, 'outcome' | 'durationMs'> {
  readonly thrown: unknown
}

/** How many calls of one kind were shown and how many were skipped. */
interface Share {
  shown: number
  /** Since the last one that was shown. */
  skipped: number
}

/**
 * One watcher of a server's calls. Under load it gets a sample, so that watching slows down neither
 * the server nor the watcher.
 */
export class CallWatch implements AsyncIterableIterator<CallRecord> {
  readonly #filter: CallFilter
  readonly #onRead: () => void
  readonly #now: () => number
  readonly #unread: CallRecord[] = []
  readonly #read: Deferred<void> = deferred()
  readonly #succeeded: Share = { shown: 0, skipped: 0 }
  readonly #failed: Share = { shown: 0, skipped: 0 }
  #sliceBegan = Number.NEGATIVE_INFINITY
  /** Resolves once there is more to read; undefined: no reader waits. */
  #more: Deferred<void> | undefined
  #isOver = false

  /** @param onRead called when it has ended and everything is read */
  constructor(filter: CallFilter, onRead: () => void, now: () => number = elapsedMs) {
    this.#filter = filter
    this.#onRead = onRead
    this.#now = now
  }

  /** How many calls the record of this call represents; 0: it is not shown. */
  sample(method: string, ended: EndedCall): number {
    if (this.#isOver || !this.#selects(method, ended)) return 0
    const share = ended.outcome === 'ok' ? this.#succeeded : this.#failed
    if (!this.#hasRoom(share)) {
      share.skipped++
      return 0
    }
    const represented = share.skipped + 1
    share.shown++
    share.skipped = 0
    return represented
  }

  add(record: CallRecord): void {
    this.#unread.push(record)
    this.#wake()
  }

  async next(): Promise<IteratorResult<CallRecord, undefined>> {
    for (;;) {
      const value = this.#unread.shift()
      if (value !== undefined) return { done: false, value }
      if (this.#isOver) return this.return()
      this.#more ??= deferred()
      await this.#more.promise
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#unread.length = 0
    this.end()
    this.#read.resolve()
    this.#onRead()
    return { done: true, value: undefined }
  }

  /** Ends it; unread records can still be read. */
  end(): void {
    this.#isOver = true
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

  #selects(called: string, { outcome, durationMs }: EndedCall): boolean {
    const { method = called, failed = false, minDurationMs = 0 } = this.#filter
    return called === method && durationMs >= minDurationMs && !(failed && outcome === 'ok')
  }

  #hasRoom(share: Share): boolean {
    const now = this.#now()
    if (now - this.#sliceBegan >= SLICE_MS) {
      this.#sliceBegan = now
      this.#succeeded.shown = 0
      this.#failed.shown = 0
    }
    return share.shown < MOST_A_SLICE && this.#unread.length < MOST_UNREAD
  }
}
