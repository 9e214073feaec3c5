import type { CommandFacts } from '../catalog/facts.ts'
import type { Reply } from '../resp/value.ts'
import type { Caller } from './caller.ts'

/** A command's name as the client wrote it, and its arguments. */
export type Argv<A extends readonly string[]> = readonly [name: string, ...arguments_: A]

/** How many arguments there are at least, the name counted. */
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
 * A command of Redis: all that is known of it, and what it does. COMMAND, the checks before it runs and the
 * documentation are drawn from here.
 *
 * `A` are its arguments without the name. The compiler checks `arity` against them, and the server checks what a
 * client sends against `arity`, so `run` may rely on the arguments that `A` promises.
 */
export interface Command<A extends readonly string[]> extends CommandFacts {
  readonly arity: Arity<A>
  /**
   * Does it; missing only where there is nothing to do without a subcommand.
   * @returns the reply, or {@link NO_REPLY} if the client has been answered or waits
   * @throws ErrorReply - as the reply
   */
  run?(client: Caller, argv: Argv<A>): Reply
}
