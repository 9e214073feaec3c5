import { ReferenceLostError } from '../../errors.ts'
import { type StreamForm, streamForm } from '../../util/stream-form.ts'
import type { Codec } from '../../wire/codec.ts'
import type { Destination, HandleKind, LentHandle } from '../../wire/handle.ts'
import { isBorrowed } from './borrowed.ts'
import { forwardOf } from './borrowed-object.ts'
import type { ReferenceClasses } from './by-reference.ts'
import { dispose } from './dispose.ts'
import type { Lent, Thing } from './lent.ts'
import { LentObject } from './lent-object.ts'
import { firedHandle, LentSignal, lentSignalOf } from './lent-signal.ts'
import { LentStream } from './lent-stream.ts'

export interface LentFormsOptions {
  readonly service: string
  /** This endpoint's list. */
  readonly own: string
  readonly lent: Lent
  /** Which objects are passed by reference. */
  readonly classes: ReferenceClasses
  readonly codec: () => Codec
  readonly makeStream: (value: object, form: StreamForm) => LentStream
  readonly onLent: () => void
  /** Receives what disposing of an object throws. */
  readonly onError: (error: Error) => void
}

/** Which values an endpoint lends instead of copying them, and what it keeps for each. */
export class LentForms {
  readonly #options: LentFormsOptions
  readonly #objects = new WeakMap<object, LentObject>()

  constructor(options: LentFormsOptions) {
    this.#options = options
  }

  /** Undefined: the value is copied. @throws ReferenceLimitError; TypeError for a stream that has ended */
  lend(value: object, destination: Destination): LentHandle | undefined {
    if (typeof value === 'function') return this.#lend('Function', value, destination)
    if (value instanceof AbortSignal) return this.#lendSignal(value, destination)
    const object = this.reference(value)
    if (object !== undefined) return this.#lend('Reference', object, destination, value)
    const form = streamForm(value)
    const isCopied = form === undefined || this.#options.codec().isValue(value)
    return isCopied ? undefined : this.#lendStream(value, form, destination)
  }

  /** The lent form of an object that is passed by reference; undefined: it is not. */
  reference(object: object): LentObject | undefined {
    const known = this.#objects.get(object)
    if (known !== undefined) return known
    const options = forwardOf(object) === undefined ? this.#options.classes.of(object) : {}
    if (options === undefined) return undefined
    const lent = new LentObject(object, this.#options.service, options)
    this.#objects.set(object, lent)
    return lent
  }

  /** The last loan of a thing has ended. */
  ended({ object }: Thing): void {
    const { service, onError } = this.#options
    if (object instanceof LentSignal) object.end()
    else if (object instanceof LentStream)
      object.end(new ReferenceLostError(`a stream of ${service}`, 'its reader is gone'))
    else {
      const original = originalOf(object)
      if (!isBorrowed(original)) dispose(original, onError)
    }
  }

  #lend(kind: HandleKind, object: object, destination: Destination, key?: object): LentHandle {
    const { own, lent, onLent } = this.#options
    const { thing, number, loan } = lent.lend(kind, object, destination, key)
    onLent()
    return { kind, handle: { at: own, id: thing.id, loan: number }, loan }
  }

  #lendStream(value: object, form: StreamForm, destination: Destination): LentHandle {
    const stream = this.#options.makeStream(value, form)
    try {
      const lent = this.#lend('Stream', stream, destination)
      return { ...lent, handle: { ...lent.handle, form } }
    } catch (error) {
      stream.end(error as Error)
      throw error
    }
  }

  #lendSignal(signal: AbortSignal, destination: Destination): LentHandle {
    const { own, lent, codec } = this.#options
    if (!signal.aborted) return this.#lend('AbortSignal', lentSignalOf(lent, signal), destination, signal)
    return { kind: 'AbortSignal', handle: firedHandle(own, signal.reason, codec()), loan: undefined }
  }
}

/** The user's value, for when it is sent back. */
export function originalOf(object: object): object {
  if (object instanceof LentSignal) return object.signal
  if (object instanceof LentStream) return object.value
  return object instanceof LentObject ? object.object : object
}
