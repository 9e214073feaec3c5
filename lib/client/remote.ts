import type { InheritedNames } from '../util/inherited-names.ts'
import type { LocalName } from '../util/local-names.ts'
import type { IsMethod, IsNamespace, IsUnclear } from '../util/member-kinds.ts'
import type { HasMethods } from './remote/if-travels.ts'
import type { RemoteMethod } from './remote/remote-method.ts'
import type { RemoteProperty } from './remote/remote-property.ts'

/**
 * An object as the other process sees it: its public methods, each returning a promise; its properties, which are read by awaiting them;
 * and the objects that it holds. Only the server decides what of that it exposes. Symbols, private members,
 * {@link LocalName | local names} such as `toString`, `then` and `_id`, and what an `EventEmitter` or an `EventTarget` inherits are not
 * there. A member that cannot work is a {@link NotCallable} that says why.
 */
export type Remote<T> = T extends unknown ? RemoteObject<T> : never

/**
 * What `Remote<T>` is. The condition there, true of everything, lets generic code see the methods of the constraint of `T`.
 * Members are mapped one by one: so they keep their documentation, and editors find and rename what they come from.
 */
export type RemoteObject<T> = {
  readonly [K in keyof T as RemoteName<T, K>]-?: RemoteMember<T[K], K>
}

/** An object that is part of another one, as the other process sees it. */
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

/** What awaiting an object gives: itself if it has methods, otherwise a copy. */
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
