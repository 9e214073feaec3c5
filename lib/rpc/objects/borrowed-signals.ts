import { ProtocolError, ReferenceLostError, TimeoutError } from '../../errors.ts'
import type { Handle } from '../../wire/handle.ts'
import type { CallSettings } from '../sent-call.ts'
import { describe, type Loaner } from './borrowed.ts'

/** How long one question waits for a signal to fire, in ms; then it is asked again. */
const WAIT: CallSettings = { timeoutMs: 600_000, signal: undefined, options: undefined, isAskedAfter: true }

export interface BorrowedSignalsOptions {
  /** Waits at its owner for a signal to fire. */
  readonly wait: (loaner: Loaner, settings: CallSettings) => Promise<unknown>
  readonly release: (loaner: Loaner) => void
  readonly decode: (json: unknown, meta: unknown) => unknown
}

/**
 * The signals that an endpoint has borrowed. Each waits by a call to its owner, and is kept as long as that lasts: who only listens to a
 * signal does not hold it.
 */
export class BorrowedSignals {
  readonly #options: BorrowedSignalsOptions
  readonly #waiting = new Map<Loaner, AbortController>()

  constructor(options: BorrowedSignalsOptions) {
    this.#options = options
  }

  /** A signal that fires when its owner's does. */
  make(loaner: Loaner): AbortSignal {
    const controller = new AbortController()
    this.#waiting.set(loaner, controller)
    // Not now: it is not known among what is borrowed yet.
    void Promise.resolve().then(() => this.#wait(loaner, controller))
    return controller.signal
  }

  /** A signal that had fired before it was sent. @throws ProtocolError */
  aborted(handle: Handle): AbortSignal {
    return AbortSignal.abort(this.#options.decode(handle.reason, handle.meta))
  }

  /** Who could have fired them is gone, and so is who wants the work done. */
  lose(at: string): void {
    for (const [loaner, controller] of [...this.#waiting]) {
      if (loaner.at !== at) continue
      this.#waiting.delete(loaner)
      controller.abort(new ReferenceLostError(describe(loaner), 'its owner is gone'))
    }
  }

  close(): void {
    this.#waiting.clear()
  }

  async #wait(loaner: Loaner, controller: AbortController): Promise<void> {
    while (this.#waiting.get(loaner) === controller) {
      try {
        const answer = await this.#options.wait(loaner, WAIT)
        if (typeof answer !== 'object' || answer === null) throw new ProtocolError('a signal fired without a reason')
        controller.abort((answer as { readonly reason?: unknown }).reason)
        break
      } catch (error) {
        if (!(error instanceof TimeoutError)) break
      }
    }
    if (this.#waiting.get(loaner) !== controller) return
    this.#waiting.delete(loaner)
    this.#options.release(loaner)
  }
}
