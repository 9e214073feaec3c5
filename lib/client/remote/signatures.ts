import type { Identical } from '../../util/identical.ts'

/** One signature of a method. `this` is `unknown` if not declared. */
export interface Signature<A extends readonly unknown[] = readonly unknown[], R = unknown, This = unknown> {
  readonly args: A
  readonly result: R
  readonly this: This
}

/** The last overload of a method, its type parameters replaced by their constraints. */
export type LastOne<F> = F extends (...args: infer A) => infer R ? Signature<A, R> : never

/**
 * A type guard, which can only return a boolean to another process. It is declared as a method, so
 * that it matches any parameter.
 */
export type Guard = { is(value: unknown, ...more: unknown[]): value is unknown }['is']

/**
 * The last eight overloads of a method. If there are fewer, the first one is repeated. Type
 * parameters are replaced by their constraints.
 */
export type LastEight<F> = F extends {
  (this: infer T1, ...args: infer A1): infer R1
  (this: infer T2, ...args: infer A2): infer R2
  (this: infer T3, ...args: infer A3): infer R3
  (this: infer T4, ...args: infer A4): infer R4
  (this: infer T5, ...args: infer A5): infer R5
  (this: infer T6, ...args: infer A6): infer R6
  (this: infer T7, ...args: infer A7): infer R7
  (this: infer T8, ...args: infer A8): infer R8
}
  ? [
      Signature<A1, R1, T1>,
      Signature<A2, R2, T2>,
      Signature<A3, R3, T3>,
      Signature<A4, R4, T4>,
      Signature<A5, R5, T5>,
      Signature<A6, R6, T6>,
      Signature<A7, R7, T7>,
      Signature<A8, R8, T8>,
    ]
  : never

/**
 * The overloads of a method whose last eight are `L`. `never` if they have type parameters, or if
 * there is only one or more than five. It tries the smallest number of last overloads that make up
 * the same method.
 */
export type Overloads<F, L> = L extends [
  unknown,
  unknown,
  unknown,
  infer S4 extends Signature,
  infer S5 extends Signature,
  infer S6 extends Signature,
  infer S7 extends Signature,
  infer S8 extends Signature,
]
  ? Identical<F, Two<S7, S8>> extends true
    ? [S7, S8]
    : Identical<F, Three<S6, S7, S8>> extends true
      ? [S6, S7, S8]
      : Identical<F, Four<S5, S6, S7, S8>> extends true
        ? [S5, S6, S7, S8]
        : Identical<F, Five<S4, S5, S6, S7, S8>> extends true
          ? [S4, S5, S6, S7, S8]
          : never
  : never
type Two<S1 extends Signature, S2 extends Signature> = {
  (...args: S1['args']): S1['result']
  (...args: S2['args']): S2['result']
}
type Three<S1 extends Signature, S2 extends Signature, S3 extends Signature> = {
  (...args: S1['args']): S1['result']
  (...args: S2['args']): S2['result']
  (...args: S3['args']): S3['result']
}
type Four<S1 extends Signature, S2 extends Signature, S3 extends Signature, S4 extends Signature> = {
  (...args: S1['args']): S1['result']
  (...args: S2['args']): S2['result']
  (...args: S3['args']): S3['result']
  (...args: S4['args']): S4['result']
}
type Five<
  S1 extends Signature,
  S2 extends Signature,
  S3 extends Signature,
  S4 extends Signature,
  S5 extends Signature,
> = {
  (...args: S1['args']): S1['result']
  (...args: S2['args']): S2['result']
  (...args: S3['args']): S3['result']
  (...args: S4['args']): S4['result']
  (...args: S5['args']): S5['result']
}
