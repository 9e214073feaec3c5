import { EventEmitter } from 'node:events'
import { isProxy } from 'node:util/types'

/** A function that may be called without `new`. */
export type Callable = (...args: unknown[]) => unknown

/** Whether this is a function, and not a class: one of those cannot be called without `new`. */
export function isCallable(value: unknown): value is Callable {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value))
}

/** The object and its prototypes, the nearest first, without the one that every object has. */
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
 * What a name is on the object: the nearest property of that name, as in a local call. What every object has is none of it.
 * No accessor is run.
 */
export function findMember(target: object, name: string): PropertyDescriptor | undefined {
  if (name === 'constructor' || name === '__proto__') return undefined
  for (const owner of owners(target)) {
    const property = Object.getOwnPropertyDescriptor(owner, name)
    if (property !== undefined) return property
  }
  return undefined
}

/** Whether the object itself, or a class of its own, gives a name its meaning: what every object has does not count. */
export function hasMember(target: object, name: string): boolean {
  // A Proxy may give a meaning to names that it does not list; only those that every object has could be inherited.
  if (isProxy(target) && !(name in Object.prototype)) return true
  return findMember(target, name) !== undefined
}

/** What every object of its kind has is not the user's to expose: events and functions; `Object.prototype` of any realm. */
const FOREIGN: ReadonlySet<object> = new Set([Function.prototype, EventEmitter.prototype, EventTarget.prototype])

function isRoot(at: object): boolean {
  return FOREIGN.has(at) || (Object.getPrototypeOf(at) === null && Object.hasOwn(at, 'hasOwnProperty'))
}
