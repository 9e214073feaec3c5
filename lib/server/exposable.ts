import type { Identical } from '../util/identical.ts'
import type { InheritedNames } from '../util/inherited-names.ts'

/** What `expose` may name of an object: its methods and properties. Any name, where the type says no more than `object`. */
export type Exposable<T extends object> =
  Identical<T, object> extends true
    ? string
    : Exclude<keyof T & string, InheritedNames<T> | `rpc.${string}` | 'constructor'>
