import { ClosedError, type ConnectionError } from '../../errors.ts'
import { sameFor } from '../../link/redis-failure.ts'
import type { Clock } from '../../util/clock.ts'
import { waitAtMost } from '../../util/within.ts'
import type { Commands } from '../commands.ts'
import { checkWait, type WaitLimits, type WaitOptions } from '../options.ts'
import { Consumers } from './consumers.ts'
import { iterate } from './iterate.ts'
import { Worker, type WorkerOptions } from './worker.ts'

/**
 * Fetches items from Redis, as many as are wanted. All differences between queues and groups before
 * an item is taken are here.
 */
export interface Feed<I> {
  readonly commands: Commands
  /** Called once, before anything is taken. */
  start(): void
  /** One item if there is one, without waiting. */
  takeOne(): Promise<I | undefined>
  /** More items are wanted, or none any more. */
  update(): void
  /** No more items are wanted; those already taken are still handled. */
  stop(): Promise<void>
  /** Returns unfinished items and disconnects; called when handling has ended or was abandoned. */
  close(): Promise<void>
}

export interface ReaderOptions {
  /** The key to read from. */
  readonly name: string
  readonly clock: Clock
  readonly drainTimeoutMs: number
  readonly onError: (error: Error) => void
}

/** The common part of all readers: waits for items, handlers, loops, and closing. */
export class Reader<I, F extends Feed<I> = Feed<I>> {
  readonly feed: F
  readonly #options: ReaderOptions
  readonly #consumers: Consumers<I>
  /** One for each call of {@link Reader.process} that has not ended. */
  readonly #workers = new Set<Worker<I>>()
  #isStarted = false
  #closing: Promise<void> | undefined

  /** @param feed creates the feed for the consumers */
  constructor(options: ReaderOptions, feed: (consumers: Consumers<I>) => F) {
    const { name, clock, onError } = options
    this.#options = options
    this.#consumers = new Consumers(
      clock,
      () => this.#update(),
      () => this.feed.commands.blindness(name),
    )
    this.feed = feed(this.#consumers)
    this.feed.commands.connection.observe({
      // An unreachable Redis does not end patient waits.
      unavailable: (error: ConnectionError) => {
        onError(error)
        this.#consumers.fail(() => sameFor(error))
      },
    })
  }

  get isClosed(): boolean {
    return this.#closing !== undefined
  }

  /** Marks it as in use. @throws ClosedError */
  start(): void {
    if (this.isClosed) throw new ClosedError(`the reader of ${this.#options.name} is closed`)
    if (this.#isStarted) return
    this.#isStarted = true
    this.feed.start()
  }

  /**
   * Returns one item without waiting; undefined if there is none.
   * @throws ClosedError, what {@link Feed.takeOne} throws
   */
  async next(): Promise<I | undefined> {
    this.start()
    return this.feed.takeOne()
  }

  /**
   * Waits for one item; undefined if none came in time.
   * @throws ClosedError, the signal's reason
   */
  wait(limits: WaitLimits): Promise<I | undefined> {
    return limits.timeoutMs === 0 ? this.next() : this.#consumers.wait(limits)
  }

  /** Like {@link Reader.wait}. @throws InvalidOptionError */
  async bNext(options: WaitOptions): Promise<I | undefined> {
    const limits = checkWait(options)
    limits.signal?.throwIfAborted()
    return this.wait(limits)
  }

  /**
   * Runs a handler for items as they arrive; resolves once it was stopped and running handlers have
   * ended.
   * @throws ClosedError
   */
  async process(options: Omit<WorkerOptions<I>, 'onFree'>): Promise<void> {
    this.start()
    const worker = new Worker<I>({ ...options, onFree: () => this.#update() })
    this.#workers.add(worker)
    try {
      await worker.run(this.#consumers)
    } finally {
      this.#workers.delete(worker)
    }
  }

  /**
   * Yields items for a `for await` loop, as returned by `next`. Invalid items are reported and
   * skipped.
   */
  iterate<T>(next: (limits: WaitLimits) => Promise<T | undefined>): AsyncGenerator<T, void> {
    return iterate(next, () => this.isClosed, this.#options.onError)
  }

  /**
   * Takes no more items, waits up to `drainTimeoutMs` for running handlers, and disconnects; a
   * second call returns the first promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { name, clock, drainTimeoutMs } = this.#options
    this.#consumers.close(`the reader of ${name} was closed`)
    for (const worker of this.#workers) worker.stop()
    await this.feed.stop()
    await waitAtMost(clock, drainTimeoutMs, Promise.all([...this.#workers].map((worker) => worker.idle())))
    for (const worker of this.#workers) worker.abandon()
    await this.feed.close()
  }

  #update(): void {
    if (this.isClosed) return
    if (this.#consumers.wanted > 0) this.start()
    this.feed.update()
  }
}
