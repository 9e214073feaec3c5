import type { IsAny } from '../../util/identical.ts'
import type { InheritedNames } from '../../util/inherited-names.ts'
import type { LocalName } from '../../util/local-names.ts'
import type { LastEight, LastOne, Overloads, Signature } from '../remote/signatures.ts'
import type { RemoteResult } from '../remote.ts'

declare const result: unique symbol

/** A placeholder for the result of a step, of type `V`. */
export interface StepOf<V> {
  readonly [result]: V
}

/** The remote object as the function passed to `pipe` sees it: each call is a step. */
export type Pipeline<T> = { readonly [K in keyof T as FarName<T, K>]-?: Member<NonNullable<T[K]>> }

/**
 * The result of a step; later steps may use it and its parts. A result of type `any` may be used in
 * any way.
 */
export type Step<V> = IsAny<V> extends true ? V : StepOf<V> & Parts<NonNullable<V>>

/** What the function passed to `pipe` may return. */
export type PipelineResult =
  | StepOf<unknown>
  | readonly [StepOf<unknown>, ...StepOf<unknown>[]]
  | readonly StepOf<unknown>[]
  | { readonly [name: string]: StepOf<unknown> }

/** What `pipe` resolves with, depending on what the function returned. */
export type Resolved<R> =
  IsAny<R> extends true
    ? R
    : R extends StepOf<infer V>
      ? RemoteResult<V>
      : { -readonly [K in keyof R]: ResolvedStep<R[K]> }

type ResolvedStep<S> = IsAny<S> extends true ? S : S extends StepOf<infer V> ? RemoteResult<V> : never

type Parts<V> = [V] extends [(...args: never) => unknown]
  ? StepMethod<V>
  : [V] extends [readonly unknown[]]
    ? Elements<V>
    : [V] extends [Whole]
      ? unknown
      : [V] extends [object]
        ? { readonly [K in keyof V as FarName<V, K>]-?: Member<NonNullable<V[K]>> }
        : unknown

/** A tuple has its own elements, an array any number. */
type Elements<V extends readonly unknown[]> = { readonly length: Step<V['length']> } & (number extends V['length']
  ? { readonly [index: number]: Step<V[number]> }
  : { readonly [K in keyof V as K extends `${number}` ? K : never]: Step<V[K]> })

/** Types without parts that a step may use. */
type Whole =
  | ((...args: never) => unknown)
  | (abstract new (
      ...args: never
    ) => unknown)
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | Date
  | RegExp
  | URL
  | Error
  | ArrayBuffer
  | ArrayBufferView
  | AsyncIterable<unknown>

type FarName<V, K extends keyof V> = K extends string
  ? K extends LocalName | InheritedNames<V> | `rpc.${string}`
    ? never
    : K
  : K extends number
    ? K
    : never

/** A method, or the value of a property. */
type Member<V> =
  IsAny<V> extends true ? Step<V> : [V] extends [(...args: never) => unknown] ? StepMethod<V> : Step<Awaited<V>>

/**
 * A method whose arguments may be results of earlier steps. Its type parameters are replaced by
 * their constraints.
 */
export type StepMethod<F> = [Overloads<F, LastEight<F>>] extends [never]
  ? Recorded<LastOne<F>>
  : EachRecorded<Overloads<F, LastEight<F>>>

type Recorded<S> = S extends Signature<infer A, infer R> ? (...args: Arguments<A>) => Step<Awaited<R>> : never

type EachRecorded<L> = L extends [infer First, ...infer Rest] ? Recorded<First> & EachRecorded<Rest> : unknown

type Arguments<A extends readonly unknown[]> = { [K in keyof A]: Argument<A[K]> }

/** A value, or a step with such a result, or a plain object or array that contains such steps. */
export type Argument<V> = V | StepOf<V> | WithSteps<V>

type WithSteps<V> = V extends Whole ? never : V extends object ? { [K in keyof V]: Argument<V[K]> } : never
