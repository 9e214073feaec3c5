import type { LocalName } from '../util/local-names.ts'

/** How functions look to TypeScript, here and from afar. */

/** Functions by name; each takes its named arguments as one object. Also fits an interface. */
export type Functions<F> = { readonly [N in keyof F]: (kw: never) => unknown }

/** What a client knows that was told no type: any function, any arguments. */
export type AnyFunctions = Readonly<Record<string, (kw?: Readonly<Record<string, unknown>>) => unknown>>

/** The names of functions. */
export type FunctionName<F> = Extract<keyof F, string>

/** What a function is called with: its named arguments, if it has any, and how to call it. */
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

/** What a function returns from afar; `undefined` arrives as null. */
export type FunctionReturn<Fn> = Fn extends (...args: never[]) => infer R ? Received<Awaited<R>> : never

// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is declared so
type Received<T> = T extends void | undefined ? null : T

/** Functions as the other process sees them, but for {@link LocalName | local names} such as `toString`: `call` takes these. */
export type RemoteFunctions<F, Options> = {
  readonly [N in Exclude<FunctionName<F>, LocalName>]: (
    ...args: FunctionArguments<F[N], Options>
  ) => Promise<FunctionReturn<F[N]>>
}
