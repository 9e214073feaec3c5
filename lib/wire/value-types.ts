/**
 * Types of values that the user describes, because they are not built in and their properties are
 * not sufficient: how to recognise a value of one, what to send in its place, and how to make it of
 * that.
 */
import { isPromise } from 'node:util/types'
import { InvalidOptionError } from '../errors.ts'
import { BINARY_KINDS } from './binary.ts'
import { type Classes, isBuiltInError, OWN_PREFIX } from './classes.ts'

/**
 * How values of one type travel. Both ends describe it under the same name.
 *
 * @example
 * ```ts
 * const query: ValueType<URLSearchParams, string> = {
 *   name: 'URLSearchParams',
 *   is: (value) => value instanceof URLSearchParams,
 *   encode: (value) => value.toString(),
 *   decode: (text) => new URLSearchParams(text),
 * }
 * ```
 */
export interface ValueType<T = unknown, E = unknown> {
  /** What it is called on the wire. */
  readonly name: string
  /**
   * Whether a value is of this type. Asked about every object but plain ones, plain arrays and
   * remote ones, and about functions.
   */
  is(value: unknown): boolean
  /**
   * What travels in the place of a value: anything that travels itself, values of other types
   * included, but not the value again.
   */
  encode(value: T): E
  /** The value again. What it gets came from Redis, and may be anything that travels: check it if that matters. */
  decode(encoded: E): T
}

/** Names on the wire, or of classes, that have a meaning already. */
const TAKEN: ReadonlySet<string> = new Set([
  ...BINARY_KINDS,
  ...['Object', 'Array', 'Map', 'Set', 'Date', 'RegExp', 'URL', 'Error', 'DOMException'],
  ...['undefined', 'number', 'bigint', 'symbol', 'regexp', 'map', 'set', 'class', 'custom', 'null-prototype'],
  ...['InvalidDate', 'Float16Array', 'Function', 'Reference', 'Stream', 'AbortSignal', 'Step'],
])

/** Says which of a type's functions failed; its `cause` is what that threw. */
export class ValueTypeProblem extends Error {}

/** The types that one end knows. */
export class ValueTypes {
  readonly #byName = new Map<string, ValueType>()
  readonly #all: readonly ValueType[]

  /** @throws InvalidOptionError when a description is incomplete, or its name is taken */
  constructor(types: readonly ValueType[] = [], classes?: Classes) {
    for (const type of types) this.#add(type, classes)
    this.#all = [...this.#byName.values()]
  }

  #add(type: ValueType, classes: Classes | undefined): void {
    if (typeof type !== 'object' || type === null) throw new InvalidOptionError('types', 'descriptions of types', type)
    const { name } = type
    const refuse = (accepts: string): never => {
      throw new InvalidOptionError('types', accepts, name)
    }
    if (typeof name !== 'string' || name === '') refuse('types that have names')
    for (const part of ['is', 'encode', 'decode'] as const) {
      if (typeof type[part] !== 'function')
        refuse(`types with the functions is, encode and decode, and ${part} is none`)
    }
    if (TAKEN.has(name) || isBuiltInError(name) || name.startsWith(OWN_PREFIX)) {
      refuse('types whose names are not those of what travels anyway')
    }
    if (this.#byName.has(name)) refuse('types that have different names')
    if (classes?.has(name)) refuse('types that are not called like one of the "classes"')
    this.#byName.set(name, type)
  }

  /** The first type that a value is of. @throws ValueTypeProblem */
  of(value: unknown): ValueType | undefined {
    for (const type of this.#all) if (run(type, 'is', () => type.is(value))) return type
    return undefined
  }

  /** The type of a name; undefined: it is not known on this end. */
  named(name: string): ValueType | undefined {
    return this.#byName.get(name)
  }
}

/** For an end that knows none. */
export const NO_TYPES: ValueTypes = new ValueTypes()

/** What travels in the place of a value. @throws ValueTypeProblem */
export function encodeTyped(type: ValueType, value: unknown): unknown {
  return run(type, 'encode', () => type.encode(value))
}

/** The value that was sent as `encoded`. @throws ValueTypeProblem */
export function decodeTyped(type: ValueType, encoded: unknown): unknown {
  return run(type, 'decode', () => type.decode(encoded))
}

/** Whether a name may belong to a type that only the other end knows. */
export function mayBeTypeName(name: string): boolean {
  return !TAKEN.has(name)
}

function run<T>(type: ValueType, part: 'is' | 'encode' | 'decode', call: () => T): T {
  let result: T
  try {
    result = call()
  } catch (error) {
    throw new ValueTypeProblem(`${part}() of the type ${JSON.stringify(type.name)} threw${reason(error)}`, {
      cause: error,
    })
  }
  if (!isPromise(result)) return result
  result.catch(() => {})
  throw new ValueTypeProblem(`${part}() of the type ${JSON.stringify(type.name)} is asynchronous, which it must not be`)
}

/** The message of what was thrown, cut: it may quote a whole value. */
function reason(thrown: unknown): string {
  try {
    const { message } = thrown as { readonly message?: unknown }
    return typeof message === 'string' ? `: ${message.slice(0, LONGEST_REASON)}` : ''
  } catch {
    return ''
  }
}

const LONGEST_REASON = 200
