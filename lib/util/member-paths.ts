import type { Identical } from './identical.ts'
import type { InheritedNames } from './inherited-names.ts'
import type { IsMethod, IsNamespace } from './member-kinds.ts'

/**
 * How many namespaces a path may lead through. With each additional one the compiler has to check
 * all parts of all parts.
 */
type TwoNamespaces = [0, 0]

/**
 * Paths to members of an object: `find`, `users.find`. Any string, if the type is just `object`.
 */
export type MemberPath<T> = Identical<T, object> extends true ? string : Paths<T, 'any', TwoNamespaces>

/** Paths to the properties of an object, and to its namespaces. */
export type PropertyPath<T> = Identical<T, object> extends true ? string : Paths<T, 'property', TwoNamespaces>

/** Paths to the properties of an object that are not readonly. */
export type WritablePath<T> = Identical<T, object> extends true ? string : Paths<T, 'writable', TwoNamespaces>

/** The type of the property with a path. */
export type PropertyAt<T, P extends string> =
  Identical<T, object> extends true
    ? unknown
    : P extends keyof T
      ? T[P]
      : P extends `${infer K}.${infer Rest}`
        ? K extends keyof T
          ? PropertyAt<NonNullable<T[K]>, Rest>
          : unknown
        : unknown

type Which = 'any' | 'property' | 'writable'

type Paths<T, W extends Which, Depth extends 0[]> = {
  [K in keyof T]-?: K extends PublicName<T>
    ?
        | (Selects<T, K, W> extends true ? K : never)
        | (IsNamespace<NonNullable<T[K]>> extends true ? Below<T[K], K, W, Depth> : never)
    : never
}[keyof T]

type Below<V, K extends string, W extends Which, Depth extends 0[]> = Depth extends [0, ...infer Rest extends 0[]]
  ? `${K}.${Paths<NonNullable<V>, W, Rest>}`
  : never

type PublicName<T> = Exclude<
  keyof T & string,
  InheritedNames<T> | `rpc.${string}` | `${string}.${string}` | 'constructor'
>

type Selects<T, K extends keyof T, W extends Which> = W extends 'any'
  ? true
  : IsMethod<NonNullable<T[K]>> extends true
    ? false
    : W extends 'property'
      ? true
      : Identical<Pick<T, K>, { -readonly [P in K]: Pick<T, K>[P] }>
