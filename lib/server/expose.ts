import { EventEmitter } from 'node:events'
import { InvalidOptionError } from '../errors.ts'
import { LIFECYCLE_HOOKS } from '../util/method-proxy.ts'
import { RESERVED_PREFIX } from '../wire/message.ts'

/** A method that may be called from afar, bound to the served object. */
export type ExposedMethod = (args: readonly unknown[]) => unknown

/**
 * Lists once what may be called, so that a name from the wire is only ever looked up in a map and never indexes the object:
 * - of a plain object its own functions;
 * - of a class's instance the methods of its prototypes, up to but without `Object.prototype`. A function it holds in a field
 *   may be anything that was handed to it, so it has to be named in `expose`;
 * - nothing that begins with `_` or `rpc.`, no `constructor`, no accessor, no hook of NestJS's.
 *
 * `expose` names exactly what may be called instead; an accessor or a plain property named there is read when called.
 *
 * @throws InvalidOptionError when `expose` names what the object does not have, and when an instance or a class has nothing that may
 * be called: most likely it is not what was meant
 */
export function exposedMethods(target: object, expose?: readonly string[]): ReadonlyMap<string, ExposedMethod> {
  if (expose !== undefined) return namedMethods(target, expose)
  const methods = allMethods(target)
  if (methods.size > 0 || isPlainObject(target)) return methods
  const wanted =
    typeof target === 'function'
      ? 'an object with methods: an instance, not the class'
      : 'an object with methods; functions held in its fields have to be named in expose'
  throw new InvalidOptionError('target', wanted, target)
}

function isPlainObject(target: object): boolean {
  if (typeof target === 'function') return false
  const prototype: object | null = Object.getPrototypeOf(target)
  return prototype === null || isRoot(prototype)
}

function allMethods(target: object): Map<string, ExposedMethod> {
  const methods = new Map<string, ExposedMethod>()
  const [self, ...prototypes] = owners(target)
  // A class that is served itself has its own static methods beside those it inherits.
  const where = prototypes.length === 0 || typeof target === 'function' ? [self, ...prototypes] : prototypes
  for (const owner of where) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (!methods.has(name) && isPublic(name) && isCallable(property.value))
        methods.set(name, bind(target, property.value))
    }
  }
  return methods
}

function namedMethods(target: object, expose: readonly string[]): Map<string, ExposedMethod> {
  const methods = new Map<string, ExposedMethod>()
  for (const name of expose) {
    const property = find(target, name)
    if (property === undefined || name.startsWith(RESERVED_PREFIX)) {
      throw new InvalidOptionError('expose', "names of the object's methods or properties", name)
    }
    methods.set(name, isCallable(property.value) ? bind(target, property.value) : read(target, name))
  }
  return methods
}

/** The object and its prototypes, the nearest first, without the one that every object has. */
function owners(target: object): [self: object, ...prototypes: object[]] {
  const prototypes: object[] = []
  let at: object | null = Object.getPrototypeOf(target)
  for (; at !== null && !isRoot(at); at = Object.getPrototypeOf(at)) prototypes.push(at)
  return [target, ...prototypes]
}

/** What every object of its kind has is not the user's to expose: events and functions; `Object.prototype` of any realm. */
const FOREIGN: ReadonlySet<object> = new Set([Function.prototype, EventEmitter.prototype, EventTarget.prototype])

function isRoot(at: object): boolean {
  return FOREIGN.has(at) || (Object.getPrototypeOf(at) === null && Object.hasOwn(at, 'hasOwnProperty'))
}

function isPublic(name: string): boolean {
  if (name === 'constructor' || name.startsWith('_') || name.startsWith(RESERVED_PREFIX)) return false
  return !LIFECYCLE_HOOKS.has(name)
}

type Callable = (...args: unknown[]) => unknown

/** A function that is not a class: one of those cannot be called without `new`. */
function isCallable(value: unknown): value is Callable {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value))
}

function find(target: object, name: string): PropertyDescriptor | undefined {
  if (typeof name !== 'string' || name === 'constructor' || name === '__proto__') return undefined
  for (const owner of owners(target)) {
    const property = Object.getOwnPropertyDescriptor(owner, name)
    if (property !== undefined) return property
  }
  return undefined
}

function bind(target: object, method: Callable): ExposedMethod {
  return (args) => Reflect.apply(method, target, args)
}

/** Reads an accessor or a property anew at each call. */
function read(target: object, name: string): ExposedMethod {
  return () => Reflect.get(target, name)
}
