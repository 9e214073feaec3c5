import { type AbortListener, offAbort, onAbort } from '../../util/abort.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import type { Consumer, Consumers } from './consumers.ts'

export interface WorkerOptions<T> {
  readonly concurrency: number
  readonly signal: AbortSignal | undefined
  /** Must not throw or reject. If it returns no promise, it has ended. */
  readonly handle: (item: T) => Promise<void> | undefined
  /** Called when there is room again. */
  readonly onFree: () => void
}

/** Runs a handler for items as they arrive, several at once, until it is stopped. */
export class Worker<T> implements Consumer<T>, AbortListener {
  readonly #options: WorkerOptions<T>
  readonly #stopped: Deferred<void> = deferred()
  #running = 0
  #isStopped = false
  #isAbandoned = false
  #idle: Deferred<void> | undefined

  constructor(options: WorkerOptions<T>) {
    this.#options = options
    this.#stopped.promise.catch(() => {})
  }

  /**
   * Takes items; resolves once it was stopped and running handlers have ended.
   * @throws what {@link Worker.fail} was given
   */
  async run(consumers: Consumers<T>): Promise<void> {
    const { signal } = this.#options
    if (signal?.aborted) return
    if (signal !== undefined) onAbort(signal, this)
    consumers.attach(this)
    try {
      await this.#stopped.promise
    } finally {
      if (signal !== undefined) offAbort(signal, this)
      consumers.detach(this)
      await this.idle()
    }
  }

  get free(): number {
    return this.#isStopped ? 0 : this.#options.concurrency - this.#running
  }

  get concurrency(): number {
    return this.#isStopped ? 0 : this.#options.concurrency
  }

  take(item: T): void {
    this.#running++
    const running = this.#options.handle(item)
    if (running === undefined) this.#ended()
    else void running.then(this.#ended)
  }

  /** Takes no more. */
  stop(): void {
    this.#isStopped = true
    this.#stopped.resolve()
  }

  /** The caller's signal fired. */
  aborted(): void {
    this.stop()
  }

  fail(error: Error): void {
    this.#isStopped = true
    this.#stopped.reject(error)
  }

  /** Resolves once nothing runs, or running handlers were abandoned. */
  idle(): Promise<void> {
    if (this.#running === 0 || this.#isAbandoned) return Promise.resolve()
    this.#idle ??= deferred()
    return this.#idle.promise
  }

  /** Stops waiting for running handlers. */
  abandon(): void {
    this.#isAbandoned = true
    this.#idle?.resolve()
  }

  readonly #ended = (): void => {
    if (--this.#running === 0) {
      this.#idle?.resolve()
      this.#idle = undefined
    }
    if (!this.#isStopped) this.#options.onFree()
  }
}
