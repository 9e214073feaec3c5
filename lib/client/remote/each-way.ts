import type { Remote } from '../remote.ts'

type Result<F> = F extends (...args: never) => infer R ? Awaited<R> : never

/**
 * Names of members that can be called: methods, and namespaces with methods. Members that can only
 * be read are left out.
 */
type Callable<R> = {
  [K in keyof R]: R[K] extends (...args: never) => unknown
    ? K
    : [Exclude<keyof R[K], 'then'>] extends [never]
      ? never
      : K
}[keyof R]

/** The methods of {@link Remote} without answers: each promise resolves once Redis has the request. */
export type Notify<T> = NotifyEach<Remote<T>>

type NotifyEach<R> = {
  readonly [K in Callable<R> & keyof R as Exclude<K, 'then'>]: R[K] extends (...args: infer A) => unknown
    ? (...args: A) => Promise<void>
    : NotifyEach<R[K]>
}

/** The methods of {@link Remote}, each run by every server. */
export type All<T> = AllOf<Remote<T>>

type AllOf<R> = {
  readonly [K in Callable<R> & keyof R as Exclude<K, 'then'>]: R[K] extends (...args: infer A) => unknown
    ? (...args: A) => AsyncIterable<ServerReply<Result<R[K]>>>
    : AllOf<R[K]>
}

/** The answer of one of several servers. */
export type ServerReply<V> =
  | { readonly server: string; readonly value: V; readonly error?: undefined }
  | { readonly server: string; readonly value?: undefined; readonly error: unknown }
