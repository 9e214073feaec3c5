/**
 * Finds the built-in class of an object from any realm. Every `vm` context is a separate realm, and
 * so is every test file that Jest runs: its `Map` is a different class, which neither `instanceof`
 * nor a comparison of prototypes recognizes.
 */
import { isDate } from 'node:util/types'

/**
 * Built-ins of this realm that can be sent, for a quick look-up; `Date` may be a fake with another
 * name.
 */
const LOCAL: ReadonlyMap<object, string> = new Map(
  Object.entries({ Object, Array, Map, Set, Date, RegExp, URL, ArrayBuffer, Uint8Array }).map(
    ([name, { prototype }]) => [prototype, name],
  ),
)

const NATIVE = /^function (\w+)\(\) \{ \[native code\] \}$/

/**
 * The name of the class that the engine has for a prototype, in this realm or another; undefined:
 * it is not built in.
 */
export function builtInName(prototype: unknown): string | undefined {
  if ((typeof prototype !== 'object' && typeof prototype !== 'function') || prototype === null) return undefined
  const name = LOCAL.get(prototype)
  if (name !== undefined) return name
  if (!foreign.has(prototype)) foreign.set(prototype, nativeName(prototype))
  return foreign.get(prototype)
}

/**
 * Cache for other prototypes, because getting the text of a class takes longer than everything
 * else.
 */
const foreign = new WeakMap<object, string | undefined>()

function nativeName(prototype: object): string | undefined {
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof made !== 'function' || made.prototype !== prototype) return undefined
  // Any class can be named `Map`, but only the built-in one has this text.
  return NATIVE.exec(Function.prototype.toString.call(made))?.[1]
}

/** The same for an object. */
export function builtInOf(value: object, prototype: object): string | undefined {
  const name = builtInName(prototype)
  if (name !== undefined) return name
  if (isFakeDate(value)) return 'Date'
  return isOtherUrl(value, prototype) ? 'URL' : undefined
}

/**
 * Fake timers (of Jest, Vitest and Sinon) replace `Date` with a subclass whose instances report
 * `Date`.
 */
function isFakeDate(value: object): boolean {
  if (!isDate(value)) return false
  const made: unknown = Object.getOwnPropertyDescriptor(value, 'constructor')?.value
  return typeof made === 'function' && builtInName(made.prototype) === 'Date'
}

/** `URL` belongs to no realm: the one of jsdom is another implementation. */
function isOtherUrl(value: object, prototype: object): boolean {
  if (Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value !== 'URL') return false
  const { href } = value as { href?: unknown }
  return typeof href === 'string' && URL.canParse(href) && new URL(href).href === href
}

/** Converts a Date, RegExp or URL to this realm; returns other values unchanged. */
export function ofThisRealm(value: object): object {
  const prototype = Object.getPrototypeOf(value) as object
  if (LOCAL.has(prototype)) return value
  switch (builtInOf(value, prototype)) {
    case 'Date':
      return new Date(Date.prototype.getTime.call(value))
    case 'RegExp':
      return Object.assign(new RegExp(value as RegExp), { lastIndex: (value as RegExp).lastIndex })
    case 'URL':
      return new URL((value as URL).href)
    default:
      return value
  }
}
