/**
 * Whether two types are identical, not only assignable to each other. This distinguishes a type
 * parameter from its constraint, a `WeakMap` from a `Map`, and `object` from `{}`.
 */
export type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Whether a type is `any`, which is assignable to every other type. */
export type IsAny<T> = 0 extends 1 & T ? true : false
