import type { LocalName } from '../util/local-names.ts'

/**
 * A method as the other process sees it. One that is already async keeps its own type, and with it its generics and
 * overloads; a sync one becomes async, each of up to four overloads for itself.
 */
export type RemoteMethod<F> = F extends (...args: infer A) => infer R
  ? IsAsync<R> extends true
    ? F
    : F extends {
          (...args: infer A1): infer R1
          (...args: infer A2): infer R2
          (...args: infer A3): infer R3
          (...args: infer A4): infer R4
        }
      ? ((...args: A1) => Result<R1>) &
          ((...args: A2) => Result<R2>) &
          ((...args: A3) => Result<R3>) &
          ((...args: A4) => Result<R4>)
      : (...args: A) => Result<R>
  : never

/** Whether a result is a promise for sure. `any` and `never` pass for one, and are none. */
type IsAsync<R> = 0 extends 1 & R ? false : [R] extends [never] ? false : [R] extends [Promise<unknown>] ? true : false

/** What a remote call returns; `Awaited` keeps a method that may or may not be async from giving a promise of a promise. */
export type Result<R> = Promise<Awaited<R>>

/** The names of `T` that are methods, optional ones included. */
type MethodNames<T> = {
  [K in keyof T]-?: K extends string
    ? K extends LocalName
      ? never
      : NonNullable<T[K]> extends (...args: never[]) => unknown
        ? K
        : never
    : never
}[keyof T]

/**
 * An object as the other process sees it: its public methods, each returning a promise. Properties, accessors, symbols,
 * private members and {@link LocalName | local names} such as `toString`, `then` and `_id` are not there.
 */
export type Remote<T> = { readonly [K in MethodNames<T>]: RemoteMethod<NonNullable<T[K]>> }
