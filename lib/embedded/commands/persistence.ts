import type { Command } from '../engine/command.ts'
import type { Engine } from '../engine/engine.ts'
import type { Journal } from '../engine/journal.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { ErrorReply, OK, Status } from '../resp/value.ts'

/**
 * Saving means that the append-only file is synced to disk. Without such a file nothing can be
 * saved, and a client that believed otherwise would lose its data.
 */
function fileOf({ appendOnlyFile }: Engine): Journal {
  if (appendOnlyFile?.isEnabled === true) return appendOnlyFile
  throw new ErrorReply('ERR This server keeps nothing on disk: it runs without an append-only file')
}

/** @see https://redis.io/docs/latest/commands/save/ */
export const save: Command<[]> = {
  name: 'save',
  arity: 1,
  group: 'server',
  since: '1.0.0',
  summary: 'Synchronously save the dataset to disk',
  complexity: 'O(N) where N is the total number of keys in all databases',
  flags: ['admin', 'noscript', 'no_async_loading', 'no_multi'],
  run({ engine }) {
    fileOf(engine).syncBeforeReplies()
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/bgsave/ */
export const bgsave: Command<string[]> = {
  name: 'bgsave',
  arity: -1,
  group: 'server',
  since: '1.0.0',
  summary: 'Asynchronously save the dataset to disk',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'no_async_loading'],
  run({ engine }, argv) {
    if (argv.length > 2 || (argv.length === 2 && argv[1]!.toUpperCase() !== 'SCHEDULE')) throw SYNTAX_ERROR
    fileOf(engine).syncBeforeReplies()
    return new Status('Background saving started')
  },
}

/** @see https://redis.io/docs/latest/commands/bgrewriteaof/ */
export const bgrewriteaof: Command<[]> = {
  name: 'bgrewriteaof',
  arity: 1,
  group: 'server',
  since: '1.0.0',
  summary: 'Asynchronously rewrite the append-only file',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'no_async_loading'],
  run({ engine }) {
    if (fileOf(engine).rewrite()) return new Status('Background append only file rewriting started')
    throw new ErrorReply('ERR Background append only file rewriting already in progress')
  },
}

/** @see https://redis.io/docs/latest/commands/lastsave/ */
export const lastsave: Command<[]> = {
  name: 'lastsave',
  arity: 1,
  group: 'server',
  since: '1.0.0',
  summary: 'Get the UNIX time stamp of the last successful save to disk',
  complexity: 'O(1)',
  flags: ['loading', 'stale', 'fast'],
  categories: ['admin', 'dangerous'],
  tips: ['nondeterministic_output'],
  run: ({ engine }) => Math.floor((engine.appendOnlyFile?.lastSyncAt ?? engine.startedAt) / 1000),
}
