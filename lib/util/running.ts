import { type Deferred, deferred } from './deferred.ts'
import { type Linked, LinkedSet } from './linked-set.ts'

/** Work in progress. One of the two callbacks is called once, when it ends. */
export interface WorkInProgress<W> extends Linked<W> {
  /** Whether it has begun and not ended; false at first, then {@link Running} sets it. */
  isRunning: boolean
  succeed(value: unknown): void
  fail(thrown: unknown): void
}

/** Asynchronous work that a server has begun: how much there is, and how to wait until there is none. */
export class Running<W extends WorkInProgress<W>> {
  readonly #works = new LinkedSet<W>()
  readonly #onFree: () => void
  #size = 0
  #idle: Deferred<void> | undefined

  /** @param onFree called each time that there is room for more */
  constructor(onFree: () => void) {
    this.#onFree = onFree
  }

  get size(): number {
    return this.#size
  }

  /** What runs. */
  get works(): Iterable<W> {
    return this.#works
  }

  /** Waits for `result` and passes it to `work`, unless that was abandoned before. */
  add(work: W, result: PromiseLike<unknown>): void {
    this.#works.add(work)
    this.#size++
    work.isRunning = true
    // `Promise.resolve` guards against a thenable that calls back twice, or at once.
    Promise.resolve(result).then(
      (value) => this.#end(work) && work.succeed(value),
      (thrown: unknown) => this.#end(work) && work.fail(thrown),
    )
  }

  /** Resolves once nothing runs. */
  ended(): Promise<void> {
    if (this.#size === 0) return Promise.resolve()
    this.#idle ??= deferred()
    return this.#idle.promise
  }

  /** What runs fails with `reason`, and is forgotten. */
  giveUp(reason: () => unknown): void {
    for (const work of this.#works) if (this.#end(work)) work.fail(reason())
  }

  #end(work: W): boolean {
    if (!work.isRunning) return false
    work.isRunning = false
    this.#works.delete(work)
    if (--this.#size === 0) {
      this.#idle?.resolve()
      this.#idle = undefined
    }
    this.#onFree()
    return true
  }
}

/** Whether a function's result has to be waited for. Reading `then` may itself throw. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  // A property of something remote, which is a function, can be waited for, too.
  if (typeof value !== 'object' && typeof value !== 'function') return false
  return value !== null && typeof (value as { then?: unknown }).then === 'function'
}
