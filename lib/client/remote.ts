import type { IsAny } from '../util/identical.ts'
import type { InheritedNames } from '../util/inherited-names.ts'
import type { LocalName } from '../util/local-names.ts'
import type { RemoteMethod } from './remote/remote-method.ts'

/**
 * An object as the other process sees it: its public methods, each returning a promise. Properties, accessors, symbols,
 * private members, {@link LocalName | local names} such as `toString`, `then` and `_id`, and what an `EventEmitter` or an
 * `EventTarget` inherits are not there. A method that cannot work is a {@link NotCallable} that says why.
 */
export type Remote<T> = T extends unknown ? RemoteObject<T> : never

/**
 * What `Remote<T>` is. The condition there, true of everything, lets generic code see the methods of the constraint of `T`.
 * Members are mapped one by one: so they keep their documentation, and editors find and rename what they come from.
 */
export type RemoteObject<T> = {
  readonly [K in keyof T as RemoteName<T, K>]-?: RemoteMethod<NonNullable<T[K]>>
}

/** The name of a member, if it is a method that can be called. */
type RemoteName<T, K extends keyof T> = K extends string
  ? K extends LocalName | InheritedNames<T> | `rpc.${string}`
    ? never
    : IsMethod<NonNullable<T[K]>> extends true
      ? K
      : never
  : never

/** A class, too, may be a function; but it needs `new`. */
type IsMethod<F> =
  IsAny<F> extends true
    ? true
    : [F] extends [abstract new (...args: never) => unknown]
      ? false
      : [F] extends [(...args: never) => unknown]
        ? true
        : false
