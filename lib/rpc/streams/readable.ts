import type { ReadableStream as WebReadableStream } from 'node:stream/web'
import { ReadableStream } from 'node:stream/web'

/**
 * Iterates the chunks of a stream. Leaving the iteration cancels the stream, even while it waits
 * for a chunk.
 */
export function chunksOf(stream: WebReadableStream): AsyncIterator<unknown> {
  const reader = stream.getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    async return(reason) {
      await reader.cancel(reason)
      return { done: true, value: reason as unknown }
    },
    async throw(error) {
      await reader.cancel(error)
      throw error
    },
  }
}

/** Creates a stream of items; it requests an item only when its own reader does. */
export function readableOf(items: AsyncIterator<unknown>): WebReadableStream {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await items.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      async cancel(reason) {
        await items.return?.(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
