import { EventEmitter } from 'node:events'
import { isProxy } from 'node:util/types'

/** A function that may be called without `new`. */
export type Callable = (...args: unknown[]) => unknown

/** Whether this is a function and not a class, which cannot be called without `new`. */
export function isCallable(value: unknown): value is Callable {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value))
}

/** The object and its prototypes, nearest first, without `Object.prototype`. */
export function owners(target: object): [self: object, ...prototypes: object[]] {
  const prototypes: object[] = []
  let at: object | null = Object.getPrototypeOf(target)
  for (; at !== null && !isRoot(at); at = Object.getPrototypeOf(at)) prototypes.push(at)
  return [target, ...prototypes]
}

/** Whether an object has no class. */
export function isPlainObject(target: object): boolean {
  if (typeof target === 'function') return false
  const prototype: object | null = Object.getPrototypeOf(target)
  return prototype === null || isRoot(prototype)
}

/**
 * Finds the nearest property with a name, as in a local call, except members of every object. Runs
 * no accessor.
 */
export function findMember(target: object, name: string): PropertyDescriptor | undefined {
  if (name === 'constructor' || name === '__proto__') return undefined
  for (const owner of owners(target)) {
    const property = Object.getOwnPropertyDescriptor(owner, name)
    if (property !== undefined) return property
  }
  return undefined
}

/**
 * Whether the object or its class has a member with this name; members of every object do not
 * count.
 */
export function hasMember(target: object, name: string): boolean {
  // A Proxy may have members that it does not list; only those of every object could be inherited.
  if (isProxy(target) && !(name in Object.prototype)) return true
  return findMember(target, name) !== undefined
}

/**
 * Prototypes whose members are never exposed: those of events and functions, and `Object.prototype`
 * of any realm.
 */
const FOREIGN: ReadonlySet<object> = new Set([Function.prototype, EventEmitter.prototype, EventTarget.prototype])

function isRoot(at: object): boolean {
  return FOREIGN.has(at) || (Object.getPrototypeOf(at) === null && Object.hasOwn(at, 'hasOwnProperty'))
}
