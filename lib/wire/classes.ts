/**
 * The classes that this end knows by name: registered classes, built-in errors, and the library's
 * own.
 */
import * as ownErrors from '../errors.ts'
import { InvalidOptionError } from '../errors.ts'
import { platformClass } from './platform.ts'

/** A class whose instances may be sent. Its constructor is never called. */
export type ValueClass = abstract new (...args: never[]) => object

/** Classes by their names in messages; an array uses the `name` of each class. */
export type ValueClasses = readonly ValueClass[] | Readonly<Record<string, ValueClass>>

/** Built-in error classes, which every JavaScript end has. */
const BUILT_IN: ReadonlyMap<string, object> = new Map(
  [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError].map(
    (builtIn): [string, object] => [builtIn.name, builtIn.prototype],
  ),
)

/**
 * Prefix of the names of the library's own errors, so that a user's class may also be called
 * `TimeoutError`.
 */
export const OWN_PREFIX = 'redis-object-rpc/'
/**
 * By their export names. The names of the classes themselves are unreliable, because a minifier
 * changes them.
 */
const OWN: ReadonlyMap<string, object> = new Map(
  Object.entries(ownErrors)
    .filter(([, exported]) => typeof exported === 'function' && exported.prototype instanceof Error)
    .map(([name, own]): [string, object] => [`${OWN_PREFIX}${name}`, own.prototype as object]),
)
/**
 * The wire name of an error class, kept on its prototype: another installed copy of this package
 * looks for it there.
 */
const WIRE_NAME = Symbol.for('redis-object-rpc.error-name')
for (const [name, prototype] of OWN) nameOnWire(prototype, name)

/** The classes one end has registered. */
export class Classes {
  private readonly values = new Map<string, object>()
  private readonly errors = new Map<string, object>()
  private readonly names = new Map<object, string>()
  private readonly errorNames = new Map<object, string>()

  /**
   * @throws InvalidOptionError when a class has no name, or cannot be represented by its
   * properties.
   */
  constructor(classes: ValueClasses = []) {
    if (Array.isArray(classes)) for (const registered of new Set(classes)) this.register(registered.name, registered)
    else for (const [name, registered] of Object.entries(classes)) this.register(name, registered)
  }

  private register(name: string, registered: ValueClass): void {
    const { prototype } = registered
    const refuse = (accepts: string): never => {
      throw new InvalidOptionError('classes', accepts, name)
    }
    if (typeof prototype !== 'object' || prototype === null) refuse('classes')
    if (typeof name !== 'string' || name === '') refuse('classes that have names')
    if (BUILT_IN.has(name)) refuse('classes that are not called like a built-in error')
    if (name.startsWith(OWN_PREFIX)) refuse('classes that are not called like an error of this library')
    if (this.has(name)) refuse('classes that have different names')
    if (this.names.has(prototype) || this.errorNames.has(prototype)) refuse('classes that have one name each')
    const platform = platformClass(prototype)
    const isErrorClass = platform !== undefined && BUILT_IN.has(platform.name)
    if (platform !== undefined && !isErrorClass) refuse(ownContent(platform, prototype))
    if (isErrorClass) {
      this.errors.set(name, prototype)
      this.errorNames.set(prototype, name)
    } else {
      this.values.set(name, prototype)
      this.names.set(prototype, name)
    }
  }

  /** Whether there is a class with this name. */
  has(name: string): boolean {
    return this.values.has(name) || this.errors.has(name)
  }

  /**
   * The name of the class with this prototype; undefined for errors and for unregistered classes.
   */
  nameOf(prototype: object): string | undefined {
    return this.names.get(prototype)
  }

  /** The prototype registered under a name, errors left out. */
  prototypeOf(name: string): object | undefined {
    return this.values.get(name)
  }

  /**
   * The name of the error class with this prototype; undefined if it is neither registered nor the
   * library's own.
   */
  errorNameOf(prototype: object): string | undefined {
    const own: unknown = Object.getOwnPropertyDescriptor(prototype, WIRE_NAME)?.value
    return this.errorNames.get(prototype) ?? (typeof own === 'string' ? own : undefined)
  }

  /** The prototype for errors whose class has this name at the other end. */
  errorPrototypeOf(name: string): object | undefined {
    return this.errors.get(name) ?? BUILT_IN.get(name) ?? OWN.get(name)
  }
}

/**
 * Sends errors of a class as one of the library's own: the other end does not need to know the
 * class.
 */
export function travelAs(errorClass: ValueClass, ownClass: ValueClass): void {
  nameOnWire(errorClass.prototype, (ownClass.prototype as { readonly [WIRE_NAME]: string })[WIRE_NAME])
}

/** The problem with a built-in class or one that extends it. */
function ownContent(platform: { readonly name: string; readonly prototype: object }, registered: object): string {
  if (platform.name === 'Object') return 'classes of your own: plain objects travel anyway'
  const whose = platform.prototype === registered ? `of ${platform.name}` : `of ${platform.name}, which it extends,`
  return `classes whose content is in their properties, and that ${whose} is not: describe it in the option "types" instead`
}

function nameOnWire(prototype: object, name: string): void {
  Object.defineProperty(prototype, WIRE_NAME, { value: name, configurable: true })
}

/** Whether every JavaScript end has an error class of this name. */
export function isBuiltInError(name: string): boolean {
  return BUILT_IN.has(name)
}

/** The value of a property on an object or above it, if it is a data property: no getter is called. */
export function inherited(object: object, key: string): unknown {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertyDescriptor(at, key)
    if (found !== undefined) return found.value
  }
  return undefined
}
