import type { ByReference } from '../../rpc/objects/by-reference.ts'
import type { IsAny } from '../../util/identical.ts'
import type { Iterated, Readable } from './remote-stream.ts'

type AnyFunction = (...args: never) => unknown
type AnyClass = abstract new (...args: never) => unknown

/**
 * Whether a value contains something that is lent rather than copied: `'no'`, or a union with
 * `'yes'`. Checks the value, its parts and their parts.
 */
export type Lends<V, Depth extends 0[] = [0, 0, 0]> =
  IsAny<V> extends true ? 'no' : [V] extends [never] ? 'no' : LendsEach<V & Known, Depth>

/**
 * In generic code a type parameter has the constraint `Known` here, so the result is `'no'`. Parts
 * are compared in mapped types, which the compiler resolves as soon as it knows the mapped type,
 * even if parts are type parameters.
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
 * Whether an object appears to be of a class whose instances are copied, which a type does not show:
 * it is a built-in class, can be converted to a string, or has private members.
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

/** Whether an object type is declared as passed by reference. */
export type IsReference<V> = V extends ByReference ? (keyof ByReference extends keyof V ? true : false) : false

interface Known {
  readonly [known]?: never
}
declare const known: unique symbol
