/**
 * Which built-in class an object is of, whatever realm it comes from. Every `vm` context is a realm of its own, and so is
 * every test file that Jest runs: its `Map` is another class than ours, and neither `instanceof` nor a comparison of
 * prototypes knows it.
 */
import { isDate } from 'node:util/types'

/** Built-ins of this realm that travel, so that the usual ones are found at once; `Date` may be a fake one of another name. */
const LOCAL: ReadonlyMap<object, string> = new Map(
  Object.entries({ Object, Array, Map, Set, Date, RegExp, URL, ArrayBuffer, Uint8Array }).map(
    ([name, { prototype }]) => [prototype, name],
  ),
)

const NATIVE = /^function (\w+)\(\) \{ \[native code\] \}$/

/** The name of the class that the engine has for a prototype, in this realm or another; undefined: it is not built in. */
export function builtInName(prototype: unknown): string | undefined {
  if ((typeof prototype !== 'object' && typeof prototype !== 'function') || prototype === null) return undefined
  const name = LOCAL.get(prototype)
  if (name !== undefined) return name
  if (!foreign.has(prototype)) foreign.set(prototype, nativeName(prototype))
  return foreign.get(prototype)
}

/** What was found out about other prototypes: to ask for the text of a class takes longer than the rest. */
const foreign = new WeakMap<object, string | undefined>()

function nativeName(prototype: object): string | undefined {
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof made !== 'function' || made.prototype !== prototype) return undefined
  // Anyone may call a class `Map`; nobody can give it this text.
  return NATIVE.exec(Function.prototype.toString.call(made))?.[1]
}

/** The same for an object. */
export function builtInOf(value: object, prototype: object): string | undefined {
  const name = builtInName(prototype)
  if (name !== undefined) return name
  if (isFakeDate(value)) return 'Date'
  return isOtherUrl(value, prototype) ? 'URL' : undefined
}

/** Faked timers (those of Jest, Vitest and Sinon) put a subclass in the place of `Date`, whose instances say they are of `Date`. */
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

/** A Date, RegExp or URL as one of this realm; anything else as it is. */
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
