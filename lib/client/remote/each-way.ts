import type { Remote } from '../remote.ts'

type Args<F> = F extends (...args: infer A) => unknown ? A : never
type Result<F> = F extends (...args: never) => infer R ? Awaited<R> : never

/** The methods of {@link Remote} without answers: each promise resolves once Redis has the request. */
export type Notify<T> = { readonly [K in keyof Remote<T>]: (...args: Args<Remote<T>[K]>) => Promise<void> }

/** The methods of {@link Remote}, each run by every server. */
export type All<T> = {
  readonly [K in keyof Remote<T>]: (...args: Args<Remote<T>[K]>) => AsyncIterable<ServerReply<Result<Remote<T>[K]>>>
}

/** What one of several servers answered. */
export type ServerReply<V> =
  | { readonly server: string; readonly value: V; readonly error?: undefined }
  | { readonly server: string; readonly value?: undefined; readonly error: unknown }
