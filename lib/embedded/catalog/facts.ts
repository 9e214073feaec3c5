import type { Reply } from '../resp/value.ts'
import type { CalledKey, KeySpec } from './key-spec.ts'

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
   * The keys of one call, if {@link keys} cannot describe all of them, or what happens to each.
   * `argv` has as many words as `arity` asks for.
   */
  keysOf?(argv: readonly string[]): readonly CalledKey[]
  /** How a call is shown to others, where it holds what is secret. */
  conceal?(argv: readonly string[]): readonly string[]
}

/**
 * A command whose arguments and client have no types here. The engine checks the arguments against `arity`, and calls `run`
 * with clients of its own: `Command` there has the types.
 */
export interface AnyCommand extends CommandFacts {
  run?(client: object, argv: readonly [name: string, ...arguments_: string[]]): Reply
}
