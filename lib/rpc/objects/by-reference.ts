import { InvalidOptionError } from '../../errors.ts'
import { knownOptions } from '../../util/options.ts'

/** Which members of an object passed by reference are accessible. */
export interface ReferenceOptions {
  /** Names of the members that may be called and read, instead of all public methods. */
  readonly expose?: readonly string[]
  /** Which of the properties in `expose` may be written. */
  readonly writable?: readonly string[]
}

/** A class whose instances are passed by reference, optionally with their accessible members. */
export type ReferenceClass =
  | (abstract new (
      ...args: never
    ) => object)
  | (ReferenceOptions & { readonly class: abstract new (...args: never) => object })

const REFERENCE_OPTIONS = ['expose', 'writable']

/** In the global registry, so that two installed copies of this package share it. */
const BY_REFERENCE: unique symbol = Symbol.for('redis-object-rpc.by-reference')

/**
 * An object that is passed by reference: the other end gets a proxy, whose methods run on the
 * original.
 */
export interface ByReference {
  readonly _byReference?: true
}

/**
 * Base class of objects that are passed by reference: the other end gets a proxy, whose methods run
 * on the original.
 *
 * @example
 * ```ts
 * class Cursor extends RemoteTarget {
 *   #at = 0
 *   next() {
 *     return this.#at++
 *   }
 * }
 * ```
 */
export abstract class RemoteTarget implements ByReference {
  declare readonly _byReference?: true
}
Object.defineProperty(RemoteTarget.prototype, BY_REFERENCE, { value: {} })

/**
 * Marks an object and returns it: from now on it is passed by reference instead of being copied.
 *
 * @throws InvalidOptionError when the object is frozen, or is a function, which is always passed by
 * reference
 *
 * @example
 * ```ts
 * const service = { open: () => ref({ count: 0, next() { return ++this.count } }) }
 * ```
 */
export function ref<T extends object>(object: T, options: ReferenceOptions = {}): T & ByReference {
  const accepts = 'an object that can be extended'
  knownOptions(options, REFERENCE_OPTIONS)
  if (typeof object !== 'object' || object === null) throw new InvalidOptionError('object', accepts, object)
  try {
    Object.defineProperty(object, BY_REFERENCE, { value: options, configurable: true })
  } catch (cause) {
    throw new InvalidOptionError('object', accepts, object, { cause })
  }
  return object
}

/** The options of an object that is marked as passed by reference; undefined: it is not. */
function markOf(object: object): ReferenceOptions | undefined {
  return (object as { readonly [BY_REFERENCE]?: ReferenceOptions })[BY_REFERENCE]
}

/** The classes in the option `references` of one end. */
export class ReferenceClasses {
  readonly #options = new Map<object, ReferenceOptions>()

  /** @throws InvalidOptionError */
  constructor(classes: readonly ReferenceClass[] = []) {
    const accepts = 'an array of classes, or of { class, expose, writable }'
    if (!Array.isArray(classes)) throw new InvalidOptionError('references', accepts, classes)
    for (const entry of classes as readonly unknown[]) {
      const options = typeof entry === 'function' ? { class: entry } : (entry as { readonly class?: unknown } | null)
      const prototype: unknown = typeof options?.class === 'function' ? options.class.prototype : undefined
      if (typeof prototype !== 'object' || prototype === null)
        throw new InvalidOptionError('references', accepts, entry)
      if (typeof entry !== 'function') knownOptions(entry as object, ['class', ...REFERENCE_OPTIONS])
      this.#options.set(prototype, options as ReferenceOptions)
    }
  }

  /** The accessible members of an object; undefined: it is not passed by reference. */
  of(object: object): ReferenceOptions | undefined {
    const mark = markOf(object)
    if (mark !== undefined || this.#options.size === 0) return mark
    for (let at: object | null = Object.getPrototypeOf(object) as object | null; at !== null; ) {
      const options = this.#options.get(at)
      if (options !== undefined) return options
      at = Object.getPrototypeOf(at) as object | null
    }
    return undefined
  }
}
