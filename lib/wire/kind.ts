/** How the codec treats an object, and why some are refused. */
import { isDate, isMap, isProxy, isRegExp, isSet } from 'node:util/types'
import { isMethodProxy } from '../util/method-proxy.ts'
import { binaryKindOf, binaryProblem } from './binary.ts'
import type { Classes } from './classes.ts'
import { isError } from './error-record.ts'
import type { Lending, LentHandle } from './handle.ts'
import type { Annotation } from './leaf.ts'
import { builtInName, builtInOf } from './realm.ts'
import { whyNot } from './refusal.ts'
import type { ValueType, ValueTypes } from './value-types.ts'

/** How an object is written. */
export interface Kind {
  readonly form: 'array' | 'object' | 'map' | 'set' | 'error' | 'leaf' | 'typed' | 'handle'
  /** None: plain JSON, or a leaf, which has its own. */
  readonly annotation?: Annotation
  /** The class of an instance: its methods must not be hidden by properties. */
  readonly prototype?: object
  /** What the user has described. */
  readonly type?: ValueType
  /** Set if it is lent. */
  readonly lent?: LentHandle
}

/**
 * The kind of an object or a function; a string: the reason why it is refused.
 * @throws ValueTypeProblem, ReferenceLimitError
 */
export function kindOf(value: object, classes: Classes, types: ValueTypes, lending?: Lending): Kind | string {
  const prototype = Object.getPrototypeOf(value) as object | null
  const builtIn = builtInName(prototype)
  if (builtIn === 'Object' && !(lending !== undefined && hasSymbol(value))) return OBJECT
  if (builtIn === 'Array' && Array.isArray(value)) return ARRAY
  const lent = lending?.lend(value)
  if (lent !== undefined) return { form: 'handle', annotation: ['custom', lent.kind], lent }
  if (builtIn === 'Object') return OBJECT
  if (isMethodProxy(value)) return 'a remote object cannot be sent; make a client of its service there'
  const type = types.of(value)
  if (type !== undefined) return { form: 'typed', annotation: ['custom', type.name], type }
  if (typeof value === 'function') return 'a function cannot be sent; it stays in its process, so send data'
  if (Array.isArray(value)) return whyNot(value)
  if (isError(value)) return ERROR
  if (prototype === null) return BARE_OBJECT
  const name = classes.nameOf(prototype)
  if (name !== undefined) return { form: 'object', annotation: ['class', name], prototype }
  if (isProxy(value)) return 'a Proxy cannot be sent'
  switch (builtInOf(value, prototype)) {
    case 'Map':
      return isMap(value) ? MAP : NOT_WHAT_IT_SAYS
    case 'Set':
      return isSet(value) ? SET : NOT_WHAT_IT_SAYS
    case 'Date':
      return isDate(value) ? (extraProblem(value, 0) ?? LEAF) : NOT_WHAT_IT_SAYS
    case 'RegExp':
      return isRegExp(value) ? (extraProblem(value, 0) ?? LEAF) : NOT_WHAT_IT_SAYS
    case 'URL':
      return extraProblem(value, 0) ?? LEAF
    default:
      return binaryKindOf(prototype) === undefined ? whyNot(value) : (binaryProblem(value) ?? LEAF)
  }
}

/** A plain object may use a symbol key to mark that it must not be sent. */
function hasSymbol(value: object): boolean {
  return Object.getOwnPropertySymbols(value).length > 0
}

const ARRAY: Kind = { form: 'array' }
const OBJECT: Kind = { form: 'object' }
const ERROR: Kind = { form: 'error', annotation: ['custom', 'Error'] }
const BARE_OBJECT: Kind = { form: 'object', annotation: ['custom', 'null-prototype'] }
const MAP: Kind = { form: 'map', annotation: 'map' }
const SET: Kind = { form: 'set', annotation: 'set' }
const LEAF: Kind = { form: 'leaf' }
const NOT_WHAT_IT_SAYS = 'is not what its prototype says it is'

/** Extra properties of an object, in addition to its `content` keys; undefined: none. */
export function extraProblem(value: object, content: number): string | undefined {
  const keys = Object.keys(value)
  if (keys.length <= content) return symbolProblem(value)
  return `has a property ${JSON.stringify(keys.at(-1))} beside its content, which cannot be sent`
}

/** A symbol key, which JSON cannot represent; undefined: none. */
export function symbolProblem(value: object): string | undefined {
  const symbols = Object.getOwnPropertySymbols(value)
  const visible = symbols.find((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol))
  return visible && `has a symbol for a key, ${String(visible)}, which cannot be sent`
}
