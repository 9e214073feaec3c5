import type { IsAny } from '../../util/identical.ts'

/**
 * A stream from another process. Its items are fetched as you read them. Leaving a loop over it,
 * `return`, `throw` and the end of an `await using` block end it at its source.
 */
export interface RemoteStream<T, R = unknown> extends AsyncIterable<T>, AsyncDisposable {
  next(): Promise<IteratorResult<T, R>>
  return(value?: R | PromiseLike<R>): Promise<IteratorResult<T, R>>
  throw(error?: unknown): Promise<IteratorResult<T, R>>
  [Symbol.asyncIterator](): RemoteStream<T, R>
}

/** The item type and the return type of an iteration. */
export interface Iterated<T = unknown, R = unknown> {
  [Symbol.asyncIterator](): { next(...args: never): Promise<IteratorResult<T, R>> }
}

/** A `ReadableStream`, no matter which library declares it. */
export interface Readable {
  getReader(...args: never): unknown
  tee(): unknown
}

/** A stream as its reader gets it: a `ReadableStream` stays one. Any other type stays unchanged. */
export type StreamResult<V> =
  IsStream<V> extends true
    ? [V] extends [Readable]
      ? V
      : V extends Iterated<infer T, infer R>
        ? RemoteStream<T, R>
        : V
    : V

/**
 * What the promise of a stream adds: you can iterate the promise itself. Adds nothing to other
 * promises.
 */
export type IfStream<V> =
  IsStream<V> extends true ? (V extends Iterated<infer T> ? AsyncIterable<T> : unknown) : unknown

export type IsStream<V> =
  IsAny<V> extends true ? false : [V] extends [never] ? false : [V] extends [Iterated] ? true : false
