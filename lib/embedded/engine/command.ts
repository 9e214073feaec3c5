import type { Client } from '../clients/client.ts'
import type { Reply } from '../resp/value.ts'

/** What is true of a command, in the words in which COMMAND reports it. */
export type Flag =
  | 'write'
  | 'readonly'
  | 'denyoom'
  | 'admin'
  | 'pubsub'
  | 'noscript'
  | 'blocking'
  | 'loading'
  | 'stale'
  | 'skip_monitor'
  | 'skip_slowlog'
  | 'asking'
  | 'fast'
  | 'no_auth'
  /** It may write though it is no write; COMMAND keeps that to itself. */
  | 'may_replicate'
  | 'no_async_loading'
  | 'no_multi'
  | 'allow_busy'
  | 'no_mandatory_keys'

export type Group =
  | 'bitmap'
  | 'cluster'
  | 'connection'
  | 'generic'
  | 'geo'
  | 'hash'
  | 'hyperloglog'
  | 'list'
  | 'pubsub'
  | 'scripting'
  | 'server'
  | 'set'
  | 'sorted-set'
  | 'stream'
  | 'string'
  | 'transactions'

/** Categories of access control, in the order in which COMMAND lists them. */
export const CATEGORIES = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
] as const
export type Category = (typeof CATEGORIES)[number]

/** Where in its arguments a command names keys, and what it does with them. */
export interface KeySpec {
  /** Such as `RW insert`. */
  readonly flags: string
  /** Where the search begins: at a position, after a keyword, or nobody can say. */
  readonly begin:
    | { readonly index: number }
    | { readonly keyword: string; readonly startFrom: number }
    | { readonly unknown: true }
  /** Which of the arguments from there are keys. */
  readonly find:
    | { readonly last: number; readonly step: number; readonly limit: number }
    | { readonly keyNumIndex: number; readonly firstKey: number; readonly step: number }
    | { readonly unknown: true }
  readonly notes?: string
}

/** A key that a call names. */
export interface CalledKey {
  readonly key: string
  /** As in {@link KeySpec.flags}. */
  readonly flags: string
}

interface KeyRange {
  /** Where the first key stands; 1 is the first argument. */
  readonly at?: number
  /** The last key, counted from the first, or if negative from the end of the arguments. */
  readonly last?: number
  readonly step?: number
  readonly notes?: string
}

/** One key, or several in a row. */
export function keys(flags: string, { at = 1, last = 0, step = 1, notes }: KeyRange = {}): KeySpec {
  return { flags, begin: { index: at }, find: { last, step, limit: 0 }, ...(notes === undefined ? {} : { notes }) }
}

/** A number, and that many keys after it. */
export function countedKeys(flags: string, { at = 1, notes }: KeyRange = {}): KeySpec {
  const find = { keyNumIndex: 0, firstKey: 1, step: 1 }
  return { flags, begin: { index: at }, find, ...(notes === undefined ? {} : { notes }) }
}

/** Keys after a keyword. `limit` 2 means that only the first half of what follows are keys. */
export function keysAfter(keyword: string, startFrom: number, flags: string, last = 0, limit = 0): KeySpec {
  return { flags, begin: { keyword, startFrom }, find: { last, step: 1, limit } }
}

/** Keys that the arguments do not tell. */
export function unknownKeys(flags: string, notes: string): KeySpec {
  return { flags, begin: { unknown: true }, find: { unknown: true }, notes }
}

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

/** What is known of a command, whatever its arguments. */
export interface CommandFacts {
  /** In lower case; of a subcommand only its own part. */
  readonly name: string
  /** How many words it takes, its name counted; -3 means three or more. */
  readonly arity: number
  readonly group: Group
  /** The version of Redis that brought it. */
  readonly since: string
  readonly summary: string
  readonly complexity?: string
  readonly flags: readonly Flag[]
  /** Where it does not follow from group and flags. */
  readonly categories?: readonly Category[]
  /** Hints for clients and proxies. */
  readonly tips?: readonly string[]
  readonly keys?: readonly KeySpec[]
  readonly subcommands?: readonly AnyCommand[]
  /**
   * The keys of one call, where {@link keys} cannot tell all of them, or not what becomes of each.
   * `argv` has as many words as `arity` asks for.
   */
  keysOf?(argv: readonly string[]): readonly CalledKey[]
  /** How a call is shown to others, where it holds what is secret. */
  conceal?(argv: readonly string[]): readonly string[]
}

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
  run?(client: Client, argv: Argv<A>): Reply
}

/** A command of which the arguments are not known here. */
export interface AnyCommand extends CommandFacts {
  run?(client: Client, argv: readonly [name: string, ...arguments_: string[]]): Reply
}
