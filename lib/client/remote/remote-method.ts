import type { Identical, IsAny } from '../../util/identical.ts'
import type { IfTravels, Obstacle } from './if-travels.ts'
import type { NotCallable } from './not-callable.ts'
import type { IfStream, StreamResult } from './remote-stream.ts'
import type { Guard, LastEight, LastOne, Overloads, Signature } from './signatures.ts'

/**
 * A method as the other process sees it: the inverse of serving it. It returns a promise, each overload for itself, and
 * has no `this`. A method with overloads or type parameters that is async already keeps its own type. What cannot work is
 * {@link NotCallable}.
 */
export type RemoteMethod<F> =
  IsAny<F> extends true
    ? (...args: F[]) => Promise<F>
    : F extends (...args: never) => unknown
      ? Identical<F, Call<LastOne<F>>> extends true
        ? RemoteOverload<LastOne<F>['args'], LastOne<F>['result']>
        : F extends Guard
          ? RemoteOverload<LastOne<F>['args'], boolean>
          : Several<F, LastEight<F>>
      : never

type Call<S extends Signature> = (...args: S['args']) => S['result']

type RemoteOverload<
  A extends readonly unknown[],
  R,
  Method = (...args: A) => Promise<RemoteResult<R>> & IfStream<Awaited<R>>,
> = IfTravels<Awaited<R>, 'return_value', Method> | ObstaclesAmong<A, Method>

/** Only arguments that no call can leave out are looked at. */
type ObstaclesAmong<A, Method, Before extends 0[] = []> = A extends readonly [infer First, ...infer Rest]
  ? Obstacle<First, `args[${Before['length']}]`, Method> | ObstaclesAmong<Rest, Method, [...Before, 0]>
  : never

/** What awaiting a call gives: as `Awaited`, but of a promise of a type parameter that parameter; of a stream its reader. */
export type RemoteResult<R> =
  IsAny<R> extends true
    ? R
    : [R] extends [never]
      ? R
      : [R] extends [Promise<infer V>]
        ? StreamResult<V>
        : StreamResult<Awaited<R>>

/** Of type parameters nothing but the constraints can be seen: such a method is kept as it is, or refused. */
type Several<F, L extends Signature[]> =
  IsAsync<L[number]> extends true
    ? IfTravels<Awaited<L[number]['result']>, 'return_value', F>
    : [Overloads<F, L>] extends [never]
      ? NotCallable<'its type parameters would be lost: let it return a Promise, and not use this'>
      : RemoteOverloads<Overloads<F, L>>

/** Whether all overloads return promises, and none needs `this`. */
type IsAsync<S extends Signature> =
  IsAny<S['result']> extends true
    ? false
    : [S['result']] extends [Promise<unknown>]
      ? [NeedsThis<S>] extends [never]
        ? true
        : false
      : false

type NeedsThis<S> =
  S extends Signature<readonly unknown[], unknown, infer This> ? ([undefined] extends [This] ? never : S) : never

type RemoteOverloads<L> = L extends [Signature<infer A, infer R>, ...infer Rest]
  ? RemoteOverload<A, R> & RemoteOverloads<Rest>
  : unknown
