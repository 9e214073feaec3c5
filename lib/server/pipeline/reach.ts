import { isProxy } from 'node:util/types'

/** Means "not accessible". It is a symbol because a property can have any value. */
export const OUT_OF_REACH: unique symbol = Symbol('out of reach')

/**
 * Reads what a pipeline may read of a result: own data properties of plain objects, elements of
 * plain arrays and their length. It runs no code of the result: neither an accessor nor a Proxy
 * trap.
 */
export function readProperty(result: unknown, name: string): unknown {
  if (typeof result !== 'object' || result === null || isProxy(result) || !mayBeRead(result, name)) return OUT_OF_REACH
  const property = Object.getOwnPropertyDescriptor(result, name)
  return property !== undefined && 'value' in property ? property.value : OUT_OF_REACH
}

function mayBeRead(result: object, name: string): boolean {
  const prototype: unknown = Object.getPrototypeOf(result)
  if (Array.isArray(result)) return prototype === Array.prototype && (name === 'length' || ELEMENT.test(name))
  return prototype === Object.prototype || prototype === null
}

const ELEMENT = /^(?:0|[1-9]\d*)$/

/**
 * Finds what a pipeline may call of a result, by the rules for borrowers: the result itself if it
 * is a function (with the empty name), or a function in a readable property.
 */
export function findMethod(result: unknown, name: string): ((args: readonly unknown[]) => unknown) | undefined {
  const method = name === '' ? result : readProperty(result, name)
  return isFunction(method) ? (args) => method(...args) : undefined
}

function isFunction(value: unknown): value is (...args: readonly unknown[]) => unknown {
  return typeof value === 'function'
}

/** Describes the kind of a result, for error messages. */
export function shownKind(result: unknown): string {
  if (result === null || result === undefined) return String(result)
  if (typeof result !== 'object') return `a ${typeof result}`
  return Array.isArray(result) ? 'an array' : 'an object'
}
