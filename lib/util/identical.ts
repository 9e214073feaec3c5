/**
 * Whether two types are the same type, not only assignable to each other: the question that tells a type parameter from
 * its constraint, a `WeakMap` from a `Map`, and `object` from `{}`.
 */
export type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Whether a type is `any`, which passes for every other one. */
export type IsAny<T> = 0 extends 1 & T ? true : false
