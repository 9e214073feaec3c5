import type { IsAny } from './identical.ts'

type AnyFunction = (...args: never) => unknown
type AnyClass = abstract new (...args: never) => unknown

/** An iterator or a generator, of either kind. */
interface IteratesItself {
  next(...args: never): unknown
  [Symbol.iterator]?(): unknown
  [Symbol.asyncIterator]?(): unknown
}

/** A stream. */
interface Readable {
  getReader(...args: never): unknown
  tee(): unknown
}

/** Objects that are copied, or cannot be sent, but have no parts that can be reached. */
type Whole =
  | readonly unknown[]
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | WeakMap<WeakKey, unknown>
  | WeakSet<WeakKey>
  | WeakRef<WeakKey>
  | Date
  | RegExp
  | Error
  | URL
  | ArrayBuffer
  | SharedArrayBuffer
  | ArrayBufferView
  | PromiseLike<unknown>
  | IteratesItself
  | Readable
  | AbortSignal
  | AnyFunction
  | AnyClass

/** Whether all values of a type are objects with parts that a path may lead to: `users.find`, `settings.theme`. */
export type IsNamespace<V> =
  IsAny<V> extends true
    ? false
    : [V] extends [never]
      ? false
      : [V] extends [object]
        ? [keyof V] extends [never]
          ? false
          : [Extract<V, Whole>] extends [never]
            ? true
            : false
        : false

/** Whether a type is a function that needs no `new`. True for `any`. */
export type IsMethod<F> =
  IsAny<F> extends true
    ? true
    : [F] extends [never]
      ? false
      : [F] extends [AnyClass]
        ? false
        : [F] extends [AnyFunction]
          ? true
          : false

/**
 * Whether a type is a class, or only some of its values are functions, so that it is unclear what
 * it is.
 */
export type IsUnclear<V> =
  IsAny<V> extends true
    ? false
    : [Extract<V, AnyFunction | AnyClass>] extends [never]
      ? false
      : IsMethod<V> extends true
        ? false
        : true
