import { isIterableStream } from '../../util/stream-form.ts'

/**
 * Reads the stream that a method has returned; undefined: it has returned something else. Call
 * `return` to end the stream where it comes from.
 */
export function streamOf(value: unknown): AsyncIterator<unknown> | undefined {
  if (value instanceof ReadableStream) return readerOf(value)
  return isIterableStream(value) ? value[Symbol.asyncIterator]() : undefined
}

/**
 * A reader can be cancelled while a read is pending; the iterator of a `ReadableStream` would wait
 * for the read first.
 */
function readerOf(stream: ReadableStream): AsyncIterator<unknown> {
  const reader = stream.getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async () => {
      await reader.cancel()
      return { done: true, value: undefined }
    },
  }
}
