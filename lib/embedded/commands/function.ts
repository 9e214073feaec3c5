import type { Command } from '../engine/command.ts'
import { subcommandArity } from '../errors.ts'
import { ErrorReply, MapReply, OK } from '../resp/value.ts'
import { helpReply } from './help.ts'

/**
 * This server cannot load functions, so there are none. These commands answer accordingly, for
 * tools that list or remove all functions before or after their work.
 */

/** @see https://redis.io/docs/latest/commands/function-delete/ */
export const functionDelete: Command<[subcommand: string, library: string]> = {
  name: 'delete',
  arity: 3,
  group: 'scripting',
  since: '7.0.0',
  summary: 'Delete a function by name',
  complexity: 'O(1)',
  flags: ['write', 'noscript'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  run() {
    throw new ErrorReply('ERR Library not found')
  },
}

/** @see https://redis.io/docs/latest/commands/function-flush/ */
export const functionFlush: Command<[subcommand: string, ...mode: string[]]> = {
  name: 'flush',
  arity: -2,
  group: 'scripting',
  since: '7.0.0',
  summary: 'Deleting all functions',
  complexity: 'O(N) where N is the number of functions deleted',
  flags: ['write', 'noscript'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  run(_client, argv) {
    if (argv.length > 3) throw subcommandArity('FUNCTION', argv[1])
    const mode = argv[2]?.toUpperCase() ?? 'SYNC'
    if (mode === 'SYNC' || mode === 'ASYNC') return OK
    throw new ErrorReply('ERR FUNCTION FLUSH only supports SYNC|ASYNC option')
  },
}

/** @see https://redis.io/docs/latest/commands/function-kill/ */
export const functionKill: Command<[subcommand: string]> = {
  name: 'kill',
  arity: 2,
  group: 'scripting',
  since: '7.0.0',
  summary: 'Kill the function currently in execution.',
  complexity: 'O(1)',
  flags: ['noscript', 'allow_busy'],
  tips: ['request_policy:all_shards', 'response_policy:one_succeeded'],
  run() {
    throw new ErrorReply('NOTBUSY No scripts in execution right now.')
  },
}

/** @see https://redis.io/docs/latest/commands/function-list/ */
export const functionList: Command<[subcommand: string, ...options: string[]]> = {
  name: 'list',
  arity: -2,
  group: 'scripting',
  since: '7.0.0',
  summary: 'List information about all the functions',
  complexity: 'O(N) where N is the number of functions',
  flags: ['noscript'],
  tips: ['nondeterministic_output_order'],
  run(_client, argv) {
    const given = new Set<string>()
    for (let i = 2; i < argv.length; i++) {
      const option = argv[i]!.toUpperCase()
      if ((option !== 'WITHCODE' && option !== 'LIBRARYNAME') || given.has(option)) {
        throw new ErrorReply(`ERR Unknown argument ${argv[i]}`)
      }
      given.add(option)
      if (option === 'LIBRARYNAME' && ++i === argv.length) {
        throw new ErrorReply('ERR library name argument was not given')
      }
    }
    return []
  },
}

/** @see https://redis.io/docs/latest/commands/function-stats/ */
export const functionStats: Command<[subcommand: string]> = {
  name: 'stats',
  arity: 2,
  group: 'scripting',
  since: '7.0.0',
  summary: 'Return information about the function currently running (name, description, duration)',
  complexity: 'O(1)',
  flags: ['noscript', 'allow_busy'],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  run: () =>
    new MapReply([
      'running_script',
      null,
      'engines',
      new MapReply(['LUA', new MapReply(['libraries_count', 0, 'functions_count', 0])]),
    ]),
}

/** @see https://redis.io/docs/latest/commands/function-help/ */
export const functionHelp: Command<[subcommand: string]> = {
  name: 'help',
  arity: 2,
  group: 'scripting',
  since: '7.0.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: () => helpReply('FUNCTION', HELP),
}

/** @see https://redis.io/docs/latest/commands/function/ */
export const functionContainer: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'function',
  arity: -2,
  group: 'scripting',
  since: '7.0.0',
  summary: 'A container for function commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  categories: [],
  subcommands: [functionDelete, functionFlush, functionKill, functionList, functionStats, functionHelp],
}

const HELP = `
DELETE <LIBRARY NAME>
    Delete the given library.
LIST [LIBRARYNAME PATTERN] [WITHCODE]
    Return general information on all the libraries. There are none here.
STATS
    Return information about the current function running, and a list of
    available engines.
KILL
    Kill the current running function.
FLUSH [ASYNC|SYNC]
    Delete all the libraries.
`
