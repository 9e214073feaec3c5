/**
 * What an object is to the codec, and why some are not carried.
 */
import { isProxy } from 'node:util/types'
import { isMethodProxy } from '../util/method-proxy.ts'
import { binaryKind, binaryProblem } from './binary.ts'
import type { Classes } from './classes.ts'
import { isError } from './error-record.ts'
import type { Annotation } from './leaf.ts'

/** How an object is written. */
export interface Kind {
  readonly form: 'array' | 'object' | 'map' | 'set' | 'error' | 'leaf'
  /** None: plain JSON, or a leaf, which has its own. */
  readonly annotation?: Annotation
  /** The class of an instance: its methods must not be hidden by properties. */
  readonly prototype?: object
}

/** The kind of an object; a text: why it cannot be carried. */
export function kindOf(value: object, classes: Classes): Kind | string {
  const prototype = Object.getPrototypeOf(value) as object | null
  if (Array.isArray(value)) return isArrayPrototype(prototype) ? ARRAY : whyNot(value)
  if (isObjectPrototype(prototype)) return OBJECT
  if (isError(value)) return ERROR
  if (isMethodProxy(value)) return 'a remote object cannot be carried'
  if (prototype === null) return BARE_OBJECT
  const name = classes.nameOf(prototype)
  if (name !== undefined) return { form: 'object', annotation: ['class', name], prototype }
  if (isProxy(value)) return 'a Proxy cannot be carried'
  if (prototype === Map.prototype) return MAP
  if (prototype === Set.prototype) return SET
  if (prototype === Date.prototype || prototype === RegExp.prototype || prototype === URL.prototype) {
    return extraProblem(value, 0) ?? LEAF
  }
  return binaryKind(prototype) === undefined ? whyNot(value) : (binaryProblem(value) ?? LEAF)
}

const ARRAY: Kind = { form: 'array' }
const OBJECT: Kind = { form: 'object' }
const ERROR: Kind = { form: 'error', annotation: ['custom', 'Error'] }
const BARE_OBJECT: Kind = { form: 'object', annotation: ['custom', 'null-prototype'] }
const MAP: Kind = { form: 'map', annotation: 'map' }
const SET: Kind = { form: 'set', annotation: 'set' }
const LEAF: Kind = { form: 'leaf' }

/** What an object has beside its content, of which there are `content` keys; undefined: nothing. */
export function extraProblem(value: object, content: number): string | undefined {
  const keys = Object.keys(value)
  if (keys.length <= content) return symbolProblem(value)
  return `has a property ${JSON.stringify(keys.at(-1))} beside its content, which cannot be carried`
}

/** A key of an object that JSON has no form for; undefined: it has none. */
export function symbolProblem(value: object): string | undefined {
  const symbols = Object.getOwnPropertySymbols(value)
  const visible = symbols.find((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol))
  return visible && `has a symbol for a key, ${String(visible)}, which cannot be carried`
}

/** Whether this is what plain objects inherit from, in this realm or another such as a `vm` context's. */
function isObjectPrototype(prototype: object | null): boolean {
  return prototype === Object.prototype || (isNamed(prototype, 'Object') && Object.getPrototypeOf(prototype) === null)
}

/** Whether this is what plain arrays inherit from, in this realm or another. */
function isArrayPrototype(prototype: object | null): boolean {
  return prototype === Array.prototype || (isNamed(prototype, 'Array') && Array.isArray(prototype))
}

function isNamed(prototype: object | null, name: string): boolean {
  if (prototype === null) return false
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  return typeof made === 'function' && made.name === name && made.prototype === prototype
}

/** Why an object of an unknown class is refused, and what to do about it. */
function whyNot(value: object): string {
  if (value instanceof Promise) return 'a promise cannot be carried; await it first'
  const made: unknown = value.constructor
  const name = typeof made === 'function' && made.name !== '' ? made.name : 'an unnamed class'
  if (BUILT_IN.has(name) && made === (globalThis as Record<string, unknown>)[name]) {
    return `${article(name)} ${name} cannot be carried; ${BUILT_IN.get(name)}`
  }
  const plain =
    typeof (value as { toJSON?: unknown }).toJSON === 'function' ? 'what its toJSON() returns' : 'plain data'
  return `an instance of ${name} cannot be carried; send ${plain}, or name the class in the option "classes" of both ends`
}

/** Built-in classes that people might try to send. */
const BUILT_IN: ReadonlyMap<string, string> = new Map([
  ['WeakMap', 'nobody can list what is in it'],
  ['WeakSet', 'nobody can list what is in it'],
  ['WeakRef', 'send what it refers to'],
  ['SharedArrayBuffer', 'memory cannot be shared with another process; send a copy'],
  ['Number', 'send its valueOf()'],
  ['String', 'send its valueOf()'],
  ['Boolean', 'send its valueOf()'],
  ['URLSearchParams', 'send its toString()'],
  ['Object', 'it inherits from another object; send a copy of its properties'],
])

function article(name: string): string {
  return /^[AEIOU]/.test(name) ? 'an' : 'a'
}
