import { ReadableStream } from 'node:stream/web'
import { isPromise } from 'node:util/types'
import { chunksOf } from './readable.ts'

/** What a stream is at both ends: what is iterated, or a `ReadableStream`. */
export type StreamForm = 'iterable' | 'readable'

/** Which form of stream a value is; undefined: none. Reading its `Symbol.asyncIterator` may throw. */
export function streamForm(value: object): StreamForm | undefined {
  if (value instanceof ReadableStream) return 'readable'
  // What a call returns can be iterated too; but it is a promise, which does not travel.
  if (isPromise(value)) return undefined
  return typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function' ? 'iterable' : undefined
}

/**
 * Begins to iterate a stream, now: what emits its items by itself, such as the lines of a file, would lose those that come before.
 * @throws TypeError when a `ReadableStream` has a reader already
 */
export function iteratorOf(value: object, form: StreamForm): AsyncIterator<unknown> {
  return form === 'readable'
    ? chunksOf(value as ReadableStream)
    : (value as AsyncIterable<unknown>)[Symbol.asyncIterator]()
}
