import { ReferenceLostError } from '../../errors.ts'
import { type AbortListener, offAbort, onAbort } from '../../util/abort.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import type { Codec } from '../../wire/codec.ts'
import type { Handle } from '../../wire/handle.ts'
import type { Lent } from './lent.ts'

/** A signal that was garbage collected can no longer fire, so waits for it can end. */
const collected = new FinalizationRegistry<LentSignal>((signal) => signal.collected())
const ofSignal = new WeakMap<Lent, WeakMap<AbortSignal, LentSignal>>()

/** Why a signal fired. */
export interface Fired {
  readonly reason: unknown
}

/**
 * A signal that was lent. The borrower waits with a call that is answered when it fires. It is
 * referenced weakly: a signal without references here cannot fire.
 */
export class LentSignal implements AbortListener {
  readonly #signal: WeakRef<AbortSignal>
  readonly #lent: Lent
  #fired: Deferred<Fired> | undefined
  #isOver = false

  constructor(signal: AbortSignal, lent: Lent) {
    this.#signal = new WeakRef(signal)
    this.#lent = lent
    onAbort(signal, this)
    collected.register(signal, this, this)
  }

  /** The signal itself, for when it is sent back. */
  get signal(): AbortSignal {
    return this.#signal.deref() ?? new AbortController().signal
  }

  /** Resolves with its reason, in an object, when it fires. */
  wait(): Promise<Fired> {
    const signal = this.#signal.deref()
    if (signal?.aborted) return Promise.resolve({ reason: signal.reason as unknown })
    if (this.#isOver) return Promise.reject(this.#gone())
    this.#fired ??= deferred()
    return this.#fired.promise
  }

  aborted(): void {
    this.#fired?.resolve({ reason: this.#signal.deref()?.reason as unknown })
    this.#fired = undefined
  }

  collected(): void {
    this.#lent.end(({ object }) => object === this)
  }

  /** Its last loan has ended. */
  end(): void {
    this.#isOver = true
    collected.unregister(this)
    const signal = this.#signal.deref()
    if (signal !== undefined) {
      offAbort(signal, this)
      ofSignal.get(this.#lent)?.delete(signal)
    }
    this.#fired?.reject(this.#gone())
    this.#fired = undefined
  }

  #gone(): ReferenceLostError {
    return new ReferenceLostError('a signal', 'it can no longer fire')
  }
}

/** The entry of a signal among the lent things. */
export function lentSignalOf(lent: Lent, signal: AbortSignal): LentSignal {
  let signals = ofSignal.get(lent)
  if (signals === undefined) {
    signals = new WeakMap()
    ofSignal.set(lent, signals)
  }
  let made = signals.get(signal)
  if (made === undefined) {
    made = new LentSignal(signal, lent)
    signals.set(signal, made)
  }
  return made
}

/** What a signal that has fired travels as: nothing is lent. @param at the list of the end that has it */
export function firedHandle(at: string, reason: unknown, codec: Codec): Handle {
  const text = codec.encode(sendableReason(reason, codec), 'reason')
  const parsed = typeof text === 'string' ? `{"reason":${text}}` : `{"reason":${text.json},"meta":${text.meta}}`
  return { at, id: 0, loan: 0, aborted: true, ...(JSON.parse(parsed) as object) }
}

/** The reason in a form that can be encoded. */
export function sendableReason(reason: unknown, codec: Codec): unknown {
  try {
    codec.encode(reason, 'reason')
    return reason
  } catch {
    return new DOMException('This operation was aborted', 'AbortError')
  }
}
