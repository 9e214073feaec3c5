import { ReadableStream } from 'node:stream/web'

/**
 * Called once, when a stream ends.
 * @param error the error it failed with; undefined: it has ended, or its reader has left
 */
type Over = (error?: unknown) => void

/**
 * Wraps a stream in one of the same kind that reports its end; undefined if the value is not a
 * stream.
 */
export function observedStream(value: unknown, over: Over): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (value instanceof ReadableStream) return observedReadable(value, over)
  const { [Symbol.asyncIterator]: iterate } = value as Partial<AsyncIterable<unknown>>
  return typeof iterate === 'function' ? new ObservedIterator(iterate.call(value), over) : undefined
}

class ObservedIterator implements AsyncIterableIterator<unknown> {
  readonly #iterator: AsyncIterator<unknown>
  readonly #over: Over

  constructor(iterator: AsyncIterator<unknown>, over: Over) {
    this.#iterator = iterator
    this.#over = over
  }

  next(...value: [] | [unknown]): Promise<IteratorResult<unknown>> {
    return this.#step(() => this.#iterator.next(...value), false)
  }

  return(value?: unknown): Promise<IteratorResult<unknown>> {
    return this.#step(async () => (await this.#iterator.return?.(value)) ?? { done: true, value }, true)
  }

  throw(error?: unknown): Promise<IteratorResult<unknown>> {
    return this.#step(async () => {
      if (this.#iterator.throw !== undefined) return this.#iterator.throw(error)
      await this.#iterator.return?.()
      throw error
    }, true)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  async #step(step: () => Promise<IteratorResult<unknown>>, isLast: boolean): Promise<IteratorResult<unknown>> {
    try {
      const result = await step()
      if (isLast || result.done === true) this.#over()
      return result
    } catch (error) {
      this.#over(error)
      throw error
    }
  }
}

/** Reads ahead no further than the stream that it wraps. */
function observedReadable(stream: ReadableStream, over: Over): ReadableStream {
  const reader = stream.getReader()
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          over()
          controller.close()
        } catch (error) {
          over(error)
          controller.error(error)
        }
      },
      cancel(reason) {
        over()
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
