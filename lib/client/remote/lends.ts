import type { ByReference } from '../../rpc/objects/by-reference.ts'
import type { IsAny } from '../../util/identical.ts'
import type { Iterated, Readable } from './remote-stream.ts'

type AnyFunction = (...args: never) => unknown
type AnyClass = abstract new (...args: never) => unknown

/** Whether something in a value stays where it is: `'no'`, or a union with `'yes'`. Looked at are the value, its parts and theirs. */
export type Lends<V, Depth extends 0[] = [0, 0, 0]> =
  IsAny<V> extends true ? 'no' : [V] extends [never] ? 'no' : LendsEach<V & Known, Depth>

/**
 * In generic code a type parameter has the constraint `Known` here: so it is `'no'`. Parts are compared in mapped types, which the
 * compiler decides on as soon as it knows what is mapped, even where parts are type parameters.
 */
type LendsEach<V, Depth extends 0[]> = V extends AnyClass
  ? 'no'
  : V extends AnyFunction | Iterated | Readable
    ? 'yes'
    : V extends object
      ? IsReference<V> extends true
        ? 'yes'
        : Depth extends [0, ...infer Rest extends 0[]]
          ? V extends readonly unknown[]
            ? { [K in keyof V & 'length']: Lends<V[number], Rest> } extends { [K in keyof V & 'length']: 'no' }
              ? 'no'
              : 'yes'
            : V extends ReadonlyMap<unknown, infer W> | ReadonlySet<infer W>
              ? { [K in keyof V & 'size']: Lends<W, Rest> } extends { [K in keyof V & 'size']: 'no' }
                ? 'no'
                : 'yes'
              : IsWhole<V> extends true
                ? 'no'
                : { [K in keyof V]-?: Lends<V[K], Rest> } extends { [K in keyof V]-?: 'no' }
                  ? 'no'
                  : 'yes'
          : 'no'
      : 'no'

/**
 * Whether an object seems to be of a class whose instances are copied, which a type does not say: it is one of the language's, can be
 * shown, or has private members.
 */
type IsWhole<V> = V extends RegExp | AbortSignal | PromiseLike<unknown>
  ? true
  : [keyof V & ('toString' | 'toJSON' | 'valueOf' | typeof Symbol.toPrimitive | typeof Symbol.toStringTag)] extends [
        never,
      ]
    ? { [K in keyof V]: V[K] } extends V
      ? false
      : true
    : true

/** Whether an object type says of itself that it travels by reference. */
export type IsReference<V> = V extends ByReference ? (keyof ByReference extends keyof V ? true : false) : false

interface Known {
  readonly [known]?: never
}
declare const known: unique symbol
