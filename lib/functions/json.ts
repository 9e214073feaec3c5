import { SerializationError } from '../errors.ts'
import { isRecord } from '../util/is-object.ts'
import type { Codec, RichText } from '../wire/codec.ts'
import { builtInName } from '../wire/realm.ts'

/** Limit of copied values: objects that share parts can expand to any size. */
const MOST_COPIED = 1_000_000

/**
 * Encodes a value as the originals do: `undefined` properties are omitted, −0 is 0, and an object
 * that occurs twice is written twice. Only values that still are not plain JSON get a `meta`.
 *
 * @throws SerializationError with the path of the value that cannot be encoded
 */
export function encodeJson(value: unknown, root: string, codec: Codec): string | RichText {
  const encoded = codec.encode(value, root)
  if (typeof encoded === 'string') return encoded
  const copy = new PlainCopy().of(value)
  if (copy === CANNOT) return encoded
  const copied = codec.encode(copy, root)
  return typeof copied === 'string' ? copied : encoded
}

/**
 * The same for a value that must be plain JSON, since its reader may not support anything else.
 * @throws SerializationError
 */
export function encodePlainJson(value: unknown, root: string, codec: Codec): string {
  const encoded = encodeJson(value, root, codec)
  if (typeof encoded === 'string') return encoded
  const problem = 'functions take only what plain JSON carries exactly'
  throw new SerializationError(`${root}${firstPath(encoded.meta)}`, problem, undefined, codec.limits.of)
}

const CANNOT = Symbol('cannot be copied')

/** Copies arrays and plain objects, and keeps all other values. */
class PlainCopy {
  readonly #ancestors = new Set<object>()
  #copied = 0

  of(value: unknown): unknown {
    if (value === 0) return 0
    if (typeof value !== 'object' || value === null) return value
    const isArray = Array.isArray(value)
    if (!isArray && builtInName(Object.getPrototypeOf(value)) !== 'Object') return value
    if (this.#ancestors.has(value) || ++this.#copied > MOST_COPIED) return CANNOT
    this.#ancestors.add(value)
    const copy = isArray ? this.#array(value) : this.#object(value)
    this.#ancestors.delete(value)
    return copy
  }

  #array(array: readonly unknown[]): unknown {
    const copy: unknown[] = []
    for (const element of array) {
      const copied = this.of(element)
      if (copied === CANNOT) return CANNOT
      copy.push(copied)
    }
    return copy
  }

  #object(object: object): unknown {
    const copy: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(object)) {
      if (value === undefined) continue
      const copied = this.of(value)
      if (copied === CANNOT) return CANNOT
      copy[key] = copied
    }
    return copy
  }
}

/** The path of the first value that needs an annotation; empty when it is the value itself. */
function firstPath(meta: string): string {
  const { values } = JSON.parse(meta) as { values?: unknown }
  const [first] = isRecord(values) ? Object.keys(values) : []
  return first === undefined ? '' : `.${first}`
}
