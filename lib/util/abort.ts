export interface AbortListener {
  aborted(): void
}

/**
 * The listeners of each signal. They share one listener on the signal itself: it is common that one
 * signal ends many calls, and Node warns of a leak from the eleventh listener on.
 */
const waiting = new WeakMap<AbortSignal, Waiting>()

class Waiting {
  readonly listeners = new Set<AbortListener>()
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this, { once: true })
  }

  handleEvent(): void {
    for (const listener of this.listeners) listener.aborted()
    waiting.delete(this.#signal)
  }

  remove(listener: AbortListener): void {
    this.listeners.delete(listener)
    if (this.listeners.size > 0) return
    waiting.delete(this.#signal)
    this.#signal.removeEventListener('abort', this)
  }
}

/** Calls `listener` once when `signal` fires. */
export function onAbort(signal: AbortSignal, listener: AbortListener): void {
  let group = waiting.get(signal)
  if (group === undefined) {
    group = new Waiting(signal)
    waiting.set(signal, group)
  }
  group.listeners.add(listener)
}

/** Undoes {@link onAbort}. */
export function offAbort(signal: AbortSignal, listener: AbortListener): void {
  waiting.get(signal)?.remove(listener)
}

/** Resolves when `signal` has fired. */
export function aborted(signal: AbortSignal): Promise<void> {
  return signal.aborted ? Promise.resolve() : new Promise((resolve) => onAbort(signal, { aborted: resolve }))
}
