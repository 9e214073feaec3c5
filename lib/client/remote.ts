import type { Identical, IsAny } from '../util/identical.ts'
import type { InheritedNames } from '../util/inherited-names.ts'
import type { LocalName } from '../util/local-names.ts'
import type { IsMethod, IsNamespace, IsUnclear } from '../util/member-kinds.ts'
import type { HasMethods, IfTravels, Obstacle } from './remote/if-travels.ts'
import type { IsReference, Lends } from './remote/lends.ts'
import type { NotCallable } from './remote/not-callable.ts'
import type { IfStream, IsStream, Iterated, Readable, StreamResult } from './remote/remote-stream.ts'
import type { Guard, LastEight, LastOne, Overloads, Signature } from './remote/signatures.ts'

/**
 * An object as the other process sees it: its public methods, each returning a promise; its
 * properties, which are read by awaiting them; and the objects in it. The server decides which of
 * these it exposes. Symbols, private members, {@link LocalName | local names} such as `toString`,
 * `then` and `_id`, and members inherited from `EventEmitter` or `EventTarget` are absent. A member
 * that cannot work is a {@link NotCallable} that says why.
 */
export type Remote<T> = T extends unknown ? RemoteObject<T> : never

/**
 * The definition of `Remote<T>`. The condition in `Remote`, which is always true, lets generic code
 * see the methods of the constraint of `T`. Members are mapped one by one, so that they keep their
 * documentation, and editors find and rename the originals.
 */
export type RemoteObject<T> = {
  readonly [K in keyof T as RemoteName<T, K>]-?: RemoteMember<T[K], K>
}

/** An object inside another one, as the other process sees it. */
export type RemoteNamespace<T> = {
  readonly [K in keyof T as Exclude<RemoteName<T, K>, 'call' | 'apply' | 'bind'>]-?: RemoteMember<T[K], K>
}

/** The name of a member that the other process can see. */
type RemoteName<T, K extends keyof T> = K extends string
  ? K extends LocalName | InheritedNames<T> | `rpc.${string}`
    ? never
    : IsUnclear<NonNullable<T[K]>> extends true
      ? never
      : K
  : never

type RemoteMember<V, K> =
  IsMethod<NonNullable<V>> extends true
    ? RemoteMethod<NonNullable<V>>
    : IsNamespace<NonNullable<V>> extends true
      ? RemoteNamespace<NonNullable<V>> & PromiseLike<Itself<V>>
      : RemoteProperty<V, K & string>

/** The result of awaiting an object: the namespace if it has methods, otherwise a copy. */
type Itself<V> =
  HasMethodsWithin<NonNullable<V>> extends true ? RemoteNamespace<NonNullable<V>> | Exclude<V, NonNullable<V>> : V

type HasMethodsWithin<V> =
  HasMethods<V> extends true
    ? true
    : true extends {
          [K in keyof V]-?: IsNamespace<NonNullable<V[K]>> extends true ? HasMethods<NonNullable<V[K]>> : never
        }[keyof V]
      ? true
      : false

/** A property as the other process sees it: await it to read it. */
export type RemoteProperty<V, Name extends string> =
  IsAny<V> extends true ? PromiseLike<V> : IfTravels<Awaited<V>, Name, PromiseLike<Received<Awaited<V>>>>

/**
 * A method as the other process sees it. Each overload returns a promise, and there is no `this`
 * parameter. A method with overloads or type parameters keeps its own type if it is async. A method
 * that cannot work is a {@link NotCallable}.
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
  Method = (...args: SentArguments<A>) => Promise<RemoteResult<R>> & IfStream<Awaited<R>>,
> = IfTravels<Awaited<R>, 'return_value', Method> | ObstaclesAmong<A, Method>

/** Checks only required arguments. */
type ObstaclesAmong<A, Method, Before extends 0[] = []> = A extends readonly [infer First, ...infer Rest]
  ? Obstacle<First, `args[${Before['length']}]`, Method> | ObstaclesAmong<Rest, Method, [...Before, 0]>
  : never

/**
 * The result of awaiting a call: like `Awaited`, but a promise of a type parameter gives that
 * parameter; functions, references and streams become remote ones.
 */
export type RemoteResult<R> =
  IsAny<R> extends true
    ? R
    : [R] extends [never]
      ? R
      : [R] extends [Promise<infer V>]
        ? Received<V>
        : Received<Awaited<R>>

/**
 * Only the constraints of type parameters are visible here, so such a method is kept unchanged or
 * refused.
 */
type Several<F, L extends Signature[]> =
  IsAsync<L[number]> extends true
    ? IfTravels<Awaited<L[number]['result']>, 'return_value', F>
    : [Overloads<F, L>] extends [never]
      ? NotCallable<'its type parameters would be lost: let it return a Promise, and not use this'>
      : RemoteOverloads<Overloads<F, L>>

/** Whether all overloads return promises and none needs `this`. */
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

/**
 * A function in another process. Disposing of it informs that process that it is no longer needed.
 */
export type RemoteFunction<F> = RemoteMethod<F> & Disposable & AsyncDisposable

/** An object in another process. Disposing of it informs that process that it is no longer needed. */
export type RemoteReference<T> = RemoteObject<T> & Disposable & AsyncDisposable

/**
 * A function as a method receives it from its caller: it runs in the caller's process and returns a
 * promise. The caller passes an ordinary function, async or not.
 *
 * @example
 * ```ts
 * class Jobs {
 *   async run(progress: RemoteCallback<(percent: number) => void>) {
 *     await progress(100)
 *   }
 * }
 * ```
 */
export type RemoteCallback<F extends AnyFunction> = RemoteMethod<F>

type AnyFunction = (...args: never) => unknown
type AnyClass = abstract new (...args: never) => unknown

/**
 * A value as the other process receives it: functions, references and streams in it become remote
 * ones. A type without any of these stays the same type.
 */
type Received<V> = [Lends<V>] extends ['no'] ? V : ReceivedEach<V>

type ReceivedEach<V> = V extends AnyClass
  ? V
  : V extends AnyFunction
    ? RemoteFunction<V>
    : IsStream<V> extends true
      ? StreamResult<V>
      : IsReference<V> extends true
        ? RemoteReference<V>
        : V extends Map<infer K, infer W>
          ? Map<K, Received<W>>
          : V extends ReadonlyMap<infer K, infer W>
            ? ReadonlyMap<K, Received<W>>
            : V extends Set<infer W>
              ? Set<Received<W>>
              : V extends ReadonlySet<infer W>
                ? ReadonlySet<Received<W>>
                : [Lends<V>] extends ['no']
                  ? V
                  : { [K in keyof V]: Received<V[K]> }

/** What may be passed for a parameter of type `V`: the inverse of {@link Received}. */
type Sent<V> = [Lends<V>] extends ['no'] ? V : SentEach<V>

type SentEach<V> = V extends AnyClass
  ? V
  : V extends AnyFunction
    ? Identical<V, Call<LastOne<V>>> extends true
      ? SentFunction<LastOne<V>>
      : V
    : IsStream<V> extends true
      ? SentStream<V>
      : IsReference<V> extends true
        ? V | RemoteObject<V>
        : V extends Map<infer K, infer W>
          ? Map<K, Sent<W>>
          : V extends ReadonlyMap<infer K, infer W>
            ? ReadonlyMap<K, Sent<W>>
            : V extends Set<infer W>
              ? Set<Sent<W>>
              : V extends ReadonlySet<infer W>
                ? ReadonlySet<Sent<W>>
                : [Lends<V>] extends ['no']
                  ? V
                  : { [K in keyof V]: Sent<V[K]> }

/** Any stream is accepted, except where a `ReadableStream` is required. */
type SentStream<V> = V extends Readable ? V : V extends Iterated<infer T> ? AsyncIterable<T> : V

/** A function as its owner passes it: async or not. */
type SentFunction<S> = S extends Signature<infer A, infer R> ? (...args: ReceivedArguments<A>) => Returned<R> : never

type Returned<R> =
  IsAny<R> extends true ? R : Identical<R, void> extends true ? R : Sent<Awaited<R>> | Promise<Sent<Awaited<R>>>

type SentArguments<A extends readonly unknown[]> = { [I in keyof A]: Lends<A[I]> } extends { [I in keyof A]: 'no' }
  ? A
  : { [I in keyof A]: Sent<A[I]> }

type ReceivedArguments<A extends readonly unknown[]> = { [I in keyof A]: Lends<A[I]> } extends { [I in keyof A]: 'no' }
  ? A
  : { [I in keyof A]: Received<A[I]> }
