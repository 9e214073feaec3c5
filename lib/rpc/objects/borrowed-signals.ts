import { ProtocolError, ReferenceLostError, TimeoutError } from '../../errors.ts'
import type { Handle } from '../../wire/handle.ts'
import type { CallSettings } from '../calls/sent-call.ts'
import { describe, type Loaner } from './borrowed.ts'

/** How long one request waits for a signal to fire, in ms; then it is repeated. */
const WAIT: CallSettings = { timeoutMs: 600_000, signal: undefined, options: undefined, isAskedAfter: true }

export interface BorrowedSignalsOptions {
  /** Waits for a signal to fire at its owner. */
  readonly wait: (loaner: Loaner, settings: CallSettings) => Promise<unknown>
  readonly release: (loaner: Loaner) => void
  readonly decode: (json: unknown, meta: unknown) => unknown
}

/**
 * The signals that an endpoint has borrowed. Each waits with a call to its owner, and is kept alive
 * for that long, because a mere listener does not keep a signal alive.
 */
export class BorrowedSignals {
  readonly #options: BorrowedSignalsOptions
  readonly #waiting = new Map<Loaner, AbortController>()

  constructor(options: BorrowedSignalsOptions) {
    this.#options = options
  }

  /** Creates a signal that fires when the original fires. */
  make(loaner: Loaner): AbortSignal {
    const controller = new AbortController()
    this.#waiting.set(loaner, controller)
    // Later, because it is not registered as borrowed yet.
    void Promise.resolve().then(() => this.#wait(loaner, controller))
    return controller.signal
  }

  /** Creates a signal that had already fired when it was sent. @throws ProtocolError */
  aborted(handle: Handle): AbortSignal {
    return AbortSignal.abort(this.#options.decode(handle.reason, handle.meta))
  }

  /** The owner, which could have fired them and wanted the work, is gone. */
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
