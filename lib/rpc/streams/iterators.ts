import type { ReadableStream } from 'node:stream/web'
import type { StreamForm } from '../../util/stream-form.ts'
import { chunksOf } from './readable.ts'

/**
 * Starts iterating a stream immediately: a source that emits items by itself, such as the lines of
 * a file, would lose earlier ones.
 * @throws TypeError when a `ReadableStream` already has a reader
 */
export function iteratorOf(value: object, form: StreamForm): AsyncIterator<unknown> {
  return form === 'readable'
    ? chunksOf(value as ReadableStream)
    : (value as AsyncIterable<unknown>)[Symbol.asyncIterator]()
}
