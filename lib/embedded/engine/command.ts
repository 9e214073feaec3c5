import type { CommandFacts } from '../catalog/facts.ts'
import type { Reply } from '../resp/value.ts'
import type { Caller } from './caller.ts'

/** A command's name as the client wrote it, and its arguments. */
export type Argv<A extends readonly string[]> = readonly [name: string, ...arguments_: A]

/** The smallest number of arguments, including the name. */
type Least<A extends readonly string[], N extends readonly unknown[] = readonly [unknown]> = A extends readonly [
  string,
  ...infer Rest extends readonly string[],
]
  ? Least<Rest, readonly [...N, unknown]>
  : N['length']

/** The arity that fits the arguments `A`, as Redis counts it: negative where more may follow. */
export type Arity<A extends readonly string[]> = number extends A['length']
  ? `-${Least<A>}` extends `${infer Negative extends number}`
    ? Negative
    : never
  : Least<A>

/**
 * A Redis command: its properties and its implementation. COMMAND, the checks before it runs and
 * the documentation use this.
 *
 * `A` are its arguments without the name. The compiler checks `arity` against them, and the server
 * checks what a client sends against `arity`, so `run` may rely on the arguments that `A` promises.
 */
export interface Command<A extends readonly string[]> extends CommandFacts {
  readonly arity: Arity<A>
  /**
   * Runs the command; missing only if it has nothing to do without a subcommand.
   * @returns the reply, or {@link NO_REPLY} if the client was already answered or waits
   * @throws ErrorReply - as the reply
   */
  run?(client: Caller, argv: Argv<A>): Reply
}
