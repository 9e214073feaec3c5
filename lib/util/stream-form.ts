import { ReadableStream } from 'node:stream/web'
import { isPromise } from 'node:util/types'
import { isObject } from './is-object.ts'

/** What a stream is at both ends: what is iterated, or a `ReadableStream`. */
export type StreamForm = 'iterable' | 'readable'

/** Which form of stream a value is; undefined: none. Reading its `Symbol.asyncIterator` may throw. */
export function streamForm(value: object): StreamForm | undefined {
  if (value instanceof ReadableStream) return 'readable'
  // What a call returns can be iterated too; but it is a promise, which does not travel.
  if (isPromise(value)) return undefined
  return typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function' ? 'iterable' : undefined
}

/** Whether a value is a stream. Reading its `Symbol.asyncIterator` may throw. */
export function isStream(value: unknown): boolean {
  return isObject(value) && streamForm(value) !== undefined
}

/** Whether a value can be iterated as a stream; a `ReadableStream` is read in another way. */
export function isIterableStream(value: unknown): value is AsyncIterable<unknown> {
  return isObject(value) && streamForm(value) === 'iterable'
}
