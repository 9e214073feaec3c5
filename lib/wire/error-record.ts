/**
 * How an error looks in JSON, and back: `{ name, message, type?, stack?, cause?, errors?, fields?, omitted? }`.
 */
import { isNativeError } from 'node:util/types'
import { RemoteError } from '../errors.ts'
import { type Classes, isBuiltInError, ownErrorName } from './classes.ts'

/** An error taken apart. */
export interface ErrorRecord {
  readonly name: string
  readonly message: string
  /** The class, where it is not called like `name`. */
  readonly type?: string
  readonly stack?: string
  /** `cause` and `errors`, where it has them. */
  readonly parts: readonly (readonly [string, unknown])[]
  /** Own enumerable properties. */
  readonly fields: readonly (readonly [string, unknown])[]
  /** Properties that could not be read. */
  readonly omitted: string[]
}

/** Whether a value is an error of any realm or class. */
export function isError(value: object): value is Error {
  return isNativeError(value) || value instanceof Error
}

/** Properties that have a place of their own in the record. */
const NOT_FIELDS: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause'])

/** Takes an error apart. Whatever its getters do, this does not throw. */
export function describeError(error: Error, exposeStacks: boolean): ErrorRecord {
  const omitted: string[] = []
  const parts: [string, unknown][] = []
  const fields: [string, unknown][] = []
  const read = (key: string): unknown => {
    try {
      return (error as unknown as Record<string, unknown>)[key]
    } catch {
      omitted.push(key)
      return undefined
    }
  }
  const name = text(read('name')) || 'Error'
  const message = text(read('message'))
  const type = className(error)
  const stack = exposeStacks ? read('stack') : undefined
  if (Object.hasOwn(error, 'cause')) parts.push(['cause', read('cause')])
  if (Object.hasOwn(error, 'errors') && !Object.prototype.propertyIsEnumerable.call(error, 'errors')) {
    parts.push(['errors', read('errors')])
  }
  for (const key of Object.keys(error)) {
    if (NOT_FIELDS.has(key)) continue
    const before = omitted.length
    const value = key === '__proto__' ? omitted.push(key) && undefined : read(key)
    if (omitted.length === before) fields.push([key, value])
  }
  return {
    name,
    message,
    ...(type !== name && { type }),
    ...(typeof stack === 'string' && { stack }),
    parts,
    fields,
    omitted,
  }
}

/** A string's own text; anything else an error has for a name or message, as well as it can be told. */
function text(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return value === undefined ? '' : String(value)
  } catch {
    return ''
  }
}

function className(error: Error): string {
  try {
    const prototype = Object.getPrototypeOf(error) as object
    const own = ownErrorName(prototype)
    if (own !== undefined) return own
    const maker: unknown = prototype.constructor
    return typeof maker === 'function' && maker.name !== '' ? maker.name : 'Error'
  } catch {
    return 'Error'
  }
}

/** What an error with this name and class is called, where its class is not known: the more telling of the two. */
export function farName(name: string, type: string | undefined): string {
  return type !== undefined && isBuiltInError(name) && !isBuiltInError(type)
    ? type.slice(type.lastIndexOf('/') + 1)
    : name
}

type Json = Readonly<Record<string, unknown>>

/** An error of the class the record names, if this end knows it, else a RemoteError; its parts are not in it yet. */
export function makeError(record: Json, classes: Classes): Error | undefined {
  const { name, message, type = name } = record
  if (typeof name !== 'string' || typeof message !== 'string' || typeof type !== 'string') return undefined
  if (type === 'DOMException') return new DOMException(message, name)
  const prototype = classes.errorPrototypeOf(type)
  const error = new Error(message)
  if (prototype === undefined) {
    const remote = new RemoteError(message)
    remote.name = farName(name, type)
    return remote
  }
  if (prototype === RemoteError.prototype) {
    const remote = new RemoteError(message)
    remote.name = name
    return remote
  }
  Object.setPrototypeOf(error, prototype)
  if (inherited(prototype, 'name') !== name) define(error, 'name', name, true)
  return error
}

/** Gives an error made by {@link makeError} its parts. False when the record is not one. */
export function fillError(error: Error, record: Json): boolean {
  const { stack, fields = {}, omitted = [] } = record
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return false
  if (!Array.isArray(omitted) || !omitted.every((name) => typeof name === 'string')) return false
  const left: string[] = [...(omitted as string[])]
  define(error, 'stack', typeof stack === 'string' ? stack : `${error.name}: ${error.message}`, false)
  if (Object.hasOwn(record, 'cause')) define(error, 'cause', record.cause, false)
  if (Object.hasOwn(record, 'errors')) define(error, 'errors', record.errors, false)
  for (const [key, value] of Object.entries(fields)) {
    // A value from afar is never a function: all it could do there is to break a method of the class.
    if (NOT_FIELDS.has(key) || typeof inherited(error, key) === 'function') left.push(key)
    else define(error, key, value, true)
  }
  if (left.length > 0) define(error, 'omittedFields', left, true)
  return true
}

/** The value of a property, if it is a data property, on an object or above; no getter is called. */
function inherited(object: object, key: string): unknown {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertyDescriptor(at, key)
    if (found !== undefined) return found.value
  }
  return undefined
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true })
}
