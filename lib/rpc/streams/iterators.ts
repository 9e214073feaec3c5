import type { ReadableStream } from 'node:stream/web'
import type { StreamForm } from '../../util/stream-form.ts'
import { chunksOf } from './readable.ts'

/**
 * Begins to iterate a stream, now: what emits its items by itself, such as the lines of a file, would lose those that come before.
 * @throws TypeError when a `ReadableStream` has a reader already
 */
export function iteratorOf(value: object, form: StreamForm): AsyncIterator<unknown> {
  return form === 'readable'
    ? chunksOf(value as ReadableStream)
    : (value as AsyncIterable<unknown>)[Symbol.asyncIterator]()
}
