import type { IsAny } from '../../util/identical.ts'

/**
 * A stream that comes from another process. Its items are fetched as they are read; leaving a loop over it, `return` and `throw` end it
 * there, and so does `await using`.
 */
export interface RemoteStream<T, R = unknown> extends AsyncIterable<T>, AsyncDisposable {
  next(): Promise<IteratorResult<T, R>>
  return(value?: R | PromiseLike<R>): Promise<IteratorResult<T, R>>
  throw(error?: unknown): Promise<IteratorResult<T, R>>
  [Symbol.asyncIterator](): RemoteStream<T, R>
}

/** What iterating something gives, and what it ends with. */
export interface Iterated<T = unknown, R = unknown> {
  [Symbol.asyncIterator](): { next(...args: never): Promise<IteratorResult<T, R>> }
}

/** A `ReadableStream`, whichever library declares it. */
export interface Readable {
  getReader(...args: never): unknown
  tee(): unknown
}

/** A stream as its reader has it: a `ReadableStream` is one there too. Anything else is what it is. */
export type StreamResult<V> =
  IsStream<V> extends true
    ? [V] extends [Readable]
      ? V
      : V extends Iterated<infer T, infer R>
        ? RemoteStream<T, R>
        : V
    : V

/** What the promise of a stream can do beside: be iterated itself. Nothing, if the promise is of anything else. */
export type IfStream<V> =
  IsStream<V> extends true ? (V extends Iterated<infer T> ? AsyncIterable<T> : unknown) : unknown

export type IsStream<V> =
  IsAny<V> extends true ? false : [V] extends [never] ? false : [V] extends [Iterated] ? true : false
