import { ReadableStream } from 'node:stream/web'
import { isPromise } from 'node:util/types'

/** What a stream is at both ends: what is iterated, or a `ReadableStream`. */
export type StreamForm = 'iterable' | 'readable'

/** Which form of stream a value is; undefined: none. Reading its `Symbol.asyncIterator` may throw. */
export function streamForm(value: object): StreamForm | undefined {
  if (value instanceof ReadableStream) return 'readable'
  // What a call returns can be iterated too; but it is a promise, which does not travel.
  if (isPromise(value)) return undefined
  return typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function' ? 'iterable' : undefined
}
