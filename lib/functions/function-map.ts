import type { LocalName } from '../util/local-names.ts'

/** The types of functions, locally and remotely. */

/** Functions by name; each takes its named arguments as one object. It can also be an interface. */
export type Functions<F> = { readonly [N in keyof F]: (kw: never) => unknown }

/** The functions of a client without a type argument: any name, any arguments. */
export type AnyFunctions = Readonly<Record<string, (kw?: Readonly<Record<string, unknown>>) => unknown>>

/** The names of functions. */
export type FunctionName<F> = Extract<keyof F, string>

/** The arguments of a call: the named arguments, if any, and the call options. */
export type FunctionArguments<Fn, Options> = Fn extends (...args: infer A) => unknown
  ? A extends readonly []
    ? [kw?: Readonly<Record<string, never>>, options?: Options]
    : A extends readonly [infer Kw, ...unknown[]]
      ? Record<never, never> extends Kw
        ? [kw?: Kw, options?: Options]
        : [kw: Kw, options?: Options]
      : A extends readonly [(infer Kw)?, ...unknown[]]
        ? [kw?: Kw, options?: Options]
        : never
  : never

/** The result of a remote function; `undefined` arrives as null. */
export type FunctionReturn<Fn> = Fn extends (...args: never[]) => infer R ? Received<Awaited<R>> : never

// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is declared so
type Received<T> = T extends void | undefined ? null : T

/**
 * Functions as the other process sees them, without {@link LocalName | local names} such as
 * `toString`; use `call` for these.
 */
export type RemoteFunctions<F, Options> = {
  readonly [N in Exclude<FunctionName<F>, LocalName>]: (
    ...args: FunctionArguments<F[N], Options>
  ) => Promise<FunctionReturn<F[N]>>
}
