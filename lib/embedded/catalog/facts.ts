import type { Reply } from '../resp/value.ts'
import type { CalledKey, KeySpec } from './key-spec.ts'

/** Properties of a command, in the words of COMMAND. */
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
  /** It may write although it is not a write command; COMMAND does not report this. */
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

/** What is known of a command independently of its arguments. */
export interface CommandFacts {
  /** In lower case; for a subcommand without the name of its container. */
  readonly name: string
  /** The number of words, including the name; -3 means three or more. */
  readonly arity: number
  readonly group: Group
  /** The version of Redis that introduced it. */
  readonly since: string
  readonly summary: string
  readonly complexity?: string
  readonly flags: readonly Flag[]
  /** Given where they do not follow from group and flags. */
  readonly categories?: readonly Category[]
  /** Hints for clients and proxies. */
  readonly tips?: readonly string[]
  readonly keys?: readonly KeySpec[]
  readonly subcommands?: readonly AnyCommand[]
  /**
   * The keys of one call, if {@link keys} cannot describe them all, or how each is accessed. `argv`
   * has the number of words that `arity` requires.
   */
  keysOf?(argv: readonly string[]): readonly CalledKey[]
  /** How a call is shown to others if it contains a secret. */
  conceal?(argv: readonly string[]): readonly string[]
}

/**
 * A command whose arguments and client have no types here. The engine checks the arguments against
 * `arity` and calls `run` with its own clients; its type `Command` has the types.
 */
export interface AnyCommand extends CommandFacts {
  run?(client: object, argv: readonly [name: string, ...arguments_: string[]]): Reply
}
