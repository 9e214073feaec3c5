/**
 * Converts errors to JSON and back:
 * `{ name, message, type?, stack?, cause?, errors?, fields?, omitted? }`.
 */

import { isNativeError } from 'node:util/types'
import { RemoteError } from '../errors.ts'
import { isRecord } from '../util/is-object.ts'
import { type Classes, inherited, isBuiltInError } from './classes.ts'

/** An error taken apart. */
export interface ErrorParts {
  readonly texts: ErrorTexts
  /** `cause` and `errors`, where it has them. */
  readonly parts: readonly Property[]
  /** Own enumerable properties. */
  readonly fields: readonly Property[]
  /** Names of properties that were left out earlier. */
  readonly omitted: string[]
  /** Names of properties that could not be read. */
  readonly unreadable: readonly string[]
}
type Property = readonly [name: string, value: unknown]

export interface ErrorTexts {
  [text: string]: string
  name: string
  message: string
}

/** Whether a value is an error, of any realm or class. */
export function isError(value: unknown): value is Error {
  return isNativeError(value) || value instanceof Error
}

/** Properties that are separate in the record. */
const NOT_FIELDS: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause', 'omittedFields', '__proto__'])

/** Reads the parts of an error. Its getters may throw; this does not. */
export function describeError(error: Error, classes: Classes, exposeStacks: boolean): ErrorParts {
  const parts: Property[] = []
  const fields: Property[] = []
  const unreadable: string[] = []
  const take = (into: Property[], key: string): void => {
    const value = read(error, key)
    if (value === UNREADABLE) unreadable.push(key)
    else into.push([key, value])
  }
  if (Object.hasOwn(error, 'cause')) take(parts, 'cause')
  if (Object.hasOwn(error, 'errors') && !Object.prototype.propertyIsEnumerable.call(error, 'errors')) {
    if (Array.isArray(read(error, 'errors'))) take(parts, 'errors')
  }
  for (const key of Object.keys(error)) if (!NOT_FIELDS.has(key)) take(fields, key)
  const texts = errorTexts(error, classes)
  const stack = exposeStacks ? read(error, 'stack') : undefined
  if (typeof stack === 'string') texts.stack = stack
  const omitted = Object.hasOwn(error, 'omittedFields') ? read(error, 'omittedFields') : []
  if (isNames(omitted)) return { texts, parts, fields, omitted: [...omitted], unreadable }
  return { texts, parts, fields, omitted: [], unreadable: [...unreadable, 'omittedFields'] }
}

/** Name, message and, if it differs, the class of an error; never throws. */
export function errorTexts(error: Error, classes: Classes): ErrorTexts {
  const { name, message } = nameAndMessage(error)
  const type = className(error, classes)
  return type === name ? { name, message } : { name, message, type }
}

/** Name and message of an error; never throws. */
export function nameAndMessage(error: Error): { readonly name: string; readonly message: string } {
  return { name: text(read(error, 'name')) || 'Error', message: text(read(error, 'message')) }
}

const UNREADABLE = Symbol('unreadable')

function read(error: Error, key: string): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[key]
  } catch {
    return UNREADABLE
  }
}

/** A name or message as text, even if it is not a string. */
function text(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return value === undefined || value === UNREADABLE ? '' : String(value)
  } catch {
    return ''
  }
}

/** The wire name of a known class; the own name of any other class, for people. */
function className(error: Error, classes: Classes): string {
  try {
    const prototype = Object.getPrototypeOf(error) as object
    const known = classes.errorNameOf(prototype)
    if (known !== undefined) return known
    const made: unknown = prototype.constructor
    return typeof made === 'function' && made.name !== '' ? made.name : 'AnonymousError'
  } catch {
    return 'AnonymousError'
  }
}

/** The name for an error of an unknown class: the more specific of its name and its class. */
export function tellingName(name: string, type: string | undefined): string {
  if (type === undefined || !isBuiltInError(name) || isBuiltInError(type)) return name
  return type.slice(type.lastIndexOf('/') + 1)
}

type JsonRecord = Readonly<Record<string, unknown>>

/**
 * Creates an error of the class in the record, or a RemoteError if this end does not know it,
 * without its parts. Undefined if the record is invalid.
 */
export function makeError(record: JsonRecord, classes: Classes): Error | undefined {
  const { name, message, type = name } = record
  if (typeof name !== 'string' || typeof message !== 'string' || typeof type !== 'string') return undefined
  if (type === 'DOMException') return new DOMException(message, name)
  const prototype = classes.errorPrototypeOf(type)
  if (prototype === undefined || prototype === RemoteError.prototype) {
    const error = new RemoteError(message)
    error.name = prototype === undefined ? tellingName(name, type) : name
    return error
  }
  const error = new Error(message)
  Object.setPrototypeOf(error, prototype)
  if (inherited(prototype, 'name') !== name) define(error, 'name', name, true)
  return error
}

/** Adds the parts to an error made by {@link makeError}. False if the record is invalid. */
export function fillError(error: Error, record: JsonRecord): boolean {
  const { name, message, stack, fields = {}, omitted = [] } = record
  if (!isRecord(fields) || !isNames(omitted)) return false
  const left = [...omitted]
  setStack(error, typeof stack === 'string' ? stack : `${name}: ${message}`)
  if (Object.hasOwn(record, 'cause')) define(error, 'cause', record.cause, false)
  if (Object.hasOwn(record, 'errors')) {
    if (!Array.isArray(record.errors)) return false
    define(error, 'errors', record.errors, false)
  }
  for (const [key, value] of Object.entries(fields)) {
    // A received value is never a function, so under such a name it could only break a method.
    if (NOT_FIELDS.has(key) || typeof inherited(error, key) === 'function') left.push(key)
    else define(error, key, value, true)
  }
  if (left.length > 0) define(error, 'omittedFields', left, true)
  return true
}

/**
 * Replaces the stack of an error that was created here. It is assigned, not defined: to define it,
 * the engine would first format the old stack, which costs more than everything else.
 */
export function setStack(error: Error, stack: string): void {
  if (Object.hasOwn(error, 'stack')) error.stack = stack
  else define(error, 'stack', stack, false)
}

/** Sets an own property, regardless of what the class has under that name. */
export function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true })
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}
