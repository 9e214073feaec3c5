import type { Identical } from '../../util/identical.ts'
import type { NotCallable } from './not-callable.ts'

/**
 * `Method`, if some values of type `V` can be sent; otherwise a type that says why not, with
 * `Place` as the name of the value. This is the decision of `kindOf` as far as types allow: an
 * instance may be of a registered class, so classes are accepted, and so are objects that have
 * methods. Parts are checked one level down.
 *
 * In generic code the compiler combines the results of all branches that it cannot decide, up to a
 * certain depth. A type parameter therefore ends up with the constraint `Known`, and no branch
 * leads back to an earlier one, so that all results are `Method`.
 */
export type IfTravels<V, Place extends string, Method, Unnarrowed = V> =
  MayBeNothing<V> extends true
    ? Method
    : [V] extends [Misfit]
      ? IfFits<Unnarrowed & Known, Place, Method>
      : IsLookAlike<V> extends true
        ? IfFits<Unnarrowed & Known, Place, Method>
        : IfPartsTravel<NonNullable<V>, Place, Method>

/** Like {@link IfTravels}, for a part that every value of type `V` contains. */
type IfPartsTravel<V, Place extends string, Method> = [V] extends [readonly unknown[]]
  ? IfPartTravels<V[number], `an element of ${Place}`, Method>
  : [V] extends [ReadonlyMap<infer K, infer W>]
    ? IfPartTravels<K, `a key of ${Place}`, Method> | IfPartTravels<W, `a value of ${Place}`, Method>
    : [V] extends [ReadonlySet<infer W>]
      ? IfPartTravels<W, `a value of ${Place}`, Method>
      : [V] extends [object]
        ? HasMethods<V> extends true
          ? Method
          : Method | { [K in keyof V]-?: IfPartTravels<V[K], `${Place}.${K & string}`, Method> }[keyof V]
        : Method

/** Whether an object has a method. */
export type HasMethods<V> = true extends { [K in keyof V]-?: V[K] extends AnyFunction ? true : never }[keyof V]
  ? true
  : false

type IfPartTravels<V, Place extends string, Method> = Obstacle<V, Place, Method, Method>

/**
 * `Good`, if some values of type `V` can be sent, ignoring their parts; otherwise a type that says
 * why not. `Method` if that is unknown.
 */
export type Obstacle<V, Place extends string, Method, Good = never, Unnarrowed = V> =
  MayBeNothing<V> extends true ? Good : [V] extends [Misfit] ? IfFits<Unnarrowed & Known, Place, Method> : Good

/** Whether the values include `undefined` or `null`, as with `any`, or there are none. */
type MayBeNothing<V> = undefined extends V ? true : null extends V ? true : [V] extends [never] ? true : false

/** Types that cannot be encoded. */
type Misfit = symbol | AnyClass | PromiseLike<unknown> | Writable | IteratesItself

type AnyFunction = (...args: never) => unknown
type AnyClass = abstract new (...args: never) => unknown

/** A `WritableStream`. */
interface Writable {
  getWriter(): unknown
}

/** An iterator, such as a generator. */
interface IteratesItself {
  next(...args: never): unknown
  [Symbol.iterator](): unknown
}

interface Known {
  readonly [known]?: never
}
declare const known: unique symbol

type IfFits<V, Place extends string, Method> = V extends Misfit | Weak
  ? NotCallable<`${Place} is ${MisfitName<V>}, which cannot travel`>
  : Method

type Weak = WeakMap<WeakKey, unknown> | WeakSet<WeakKey> | WeakRef<WeakKey> | SharedArrayBuffer

type MisfitName<V> = V extends symbol
  ? 'a symbol'
  : V extends AnyClass
    ? 'a class'
    : V extends PromiseLike<unknown>
      ? 'a promise'
      : V extends IteratesItself
        ? 'an iterator'
        : V extends Weak
          ? 'weak or shared'
          : 'a stream'

/**
 * Whether a class that can be sent is assignable to this type, as a `Map` is to `WeakMap`; they are
 * distinguished by identity.
 */
type IsLookAlike<V> =
  Identical<V, V extends WeakMap<infer K, infer W> ? WeakMap<K, W> : never> extends true
    ? true
    : Identical<V, V extends WeakSet<infer W> ? WeakSet<W> : never> extends true
      ? true
      : Identical<V, V extends WeakRef<infer W> ? WeakRef<W> : never> extends true
        ? true
        : Identical<V, SharedArrayBuffer>
