import { type Deferred, deferred } from '../../util/deferred.ts'

/**
 * Requests that were popped while no call may start, because the server's lease may have expired.
 */
export class HeldRequests {
  #texts: string[] = []
  #empty: Deferred<void> | undefined

  get size(): number {
    return this.#texts.length
  }

  get texts(): readonly string[] {
    return this.#texts
  }

  add(...texts: string[]): void {
    this.#texts.push(...texts)
  }

  /** Replaces the held requests. */
  set(texts: readonly string[]): void {
    this.#texts = [...texts]
    if (texts.length > 0) return
    this.#empty?.resolve()
    this.#empty = undefined
  }

  /** Resolves once nothing is held. */
  emptied(): Promise<void> {
    if (this.#texts.length === 0) return Promise.resolve()
    this.#empty ??= deferred()
    return this.#empty.promise
  }
}
