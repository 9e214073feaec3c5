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
 * Iterates a stream, from the first call on. One that is ended before is begun to be ended: whatever it holds, such as a file, it then
 * closes.
 */
export function iteratorOf(value: object, form: StreamForm): AsyncIterator<unknown> {
  let begun: AsyncIterator<unknown> | undefined
  const iterator = (): AsyncIterator<unknown> => {
    begun ??=
      form === 'readable'
        ? chunksOf(value as ReadableStream)
        : (value as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    return begun
  }
  return {
    next: () => iterator().next(),
    return: async (result) => (await iterator().return?.(result)) ?? { done: true, value: result as unknown },
    async throw(error) {
      const { throw: thrown } = iterator()
      if (typeof thrown === 'function') return thrown.call(begun, error)
      await iterator().return?.()
      throw error
    },
  }
}
