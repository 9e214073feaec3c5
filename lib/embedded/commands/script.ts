import type { Command } from '../engine/command.ts'
import { scriptingOf } from '../lua/scripting.ts'
import { ErrorReply, OK } from '../resp/value.ts'
import { helpReply } from './help.ts'

/** @see https://redis.io/docs/latest/commands/script-load/ */
export const scriptLoad: Command<[subcommand: string, script: string]> = {
  name: 'load',
  arity: 3,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Load the specified Lua script into the script cache.',
  complexity: 'O(N) with N being the length in bytes of the script body.',
  flags: ['noscript', 'stale'],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  run: ({ engine }, [, , text]) => scriptingOf(engine).load(text).sha,
}

/** @see https://redis.io/docs/latest/commands/script-exists/ */
export const scriptExists: Command<[subcommand: string, sha: string, ...more: string[]]> = {
  name: 'exists',
  arity: -3,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Check existence of scripts in the script cache.',
  complexity: 'O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).',
  flags: ['noscript'],
  tips: ['request_policy:all_shards', 'response_policy:agg_logical_and'],
  run: ({ engine }, argv) => argv.slice(2).map((sha) => (scriptingOf(engine).has(sha) ? 1 : 0)),
}

/** @see https://redis.io/docs/latest/commands/script-flush/ */
export const scriptFlush: Command<[subcommand: string, ...mode: string[]]> = {
  name: 'flush',
  arity: -2,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Remove all the scripts from the script cache.',
  complexity: 'O(N) with N being the number of scripts in cache',
  flags: ['noscript'],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  run({ engine }, argv) {
    if (argv.length > 2 && (argv.length > 3 || !/^a?sync$/i.test(argv[2]!))) {
      throw new ErrorReply('ERR SCRIPT FLUSH only support SYNC|ASYNC option')
    }
    scriptingOf(engine).flush()
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/script-kill/ */
export const scriptKill: Command<[subcommand: string]> = {
  name: 'kill',
  arity: 2,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Kill the script currently in execution.',
  complexity: 'O(1)',
  flags: ['noscript', 'allow_busy'],
  tips: ['request_policy:all_shards', 'response_policy:one_succeeded'],
  // No command is read while a script runs.
  run: () => new ErrorReply('NOTBUSY No scripts in execution right now.'),
}

/** @see https://redis.io/docs/latest/commands/script-debug/ */
export const scriptDebug: Command<[subcommand: string, mode: string]> = {
  name: 'debug',
  arity: 3,
  group: 'scripting',
  since: '3.2.0',
  summary: 'Set the debug mode for executed scripts.',
  complexity: 'O(1)',
  flags: ['noscript'],
  run(_client, [, , mode]) {
    const wanted = mode.toLowerCase()
    if (wanted === 'no') return OK
    if (wanted !== 'yes' && wanted !== 'sync') throw new ErrorReply('ERR Use SCRIPT DEBUG YES/SYNC/NO')
    throw new ErrorReply('ERR The Lua debugger is not part of this server')
  },
}

/** @see https://redis.io/docs/latest/commands/script-help/ */
export const scriptHelp: Command<[subcommand: string]> = {
  name: 'help',
  arity: 2,
  group: 'scripting',
  since: '5.0.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: () => helpReply('SCRIPT', HELP),
}

/** @see https://redis.io/docs/latest/commands/script/ */
export const script: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'script',
  arity: -2,
  group: 'scripting',
  since: '2.6.0',
  summary: 'A container for Lua scripts management commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  categories: [],
  subcommands: [scriptDebug, scriptExists, scriptFlush, scriptHelp, scriptKill, scriptLoad],
}

const HELP = `
DEBUG (YES|SYNC|NO)
    Set the debug mode for subsequent scripts executed.
EXISTS <sha1> [<sha1> ...]
    Return information about the existence of the scripts in the script cache.
FLUSH [ASYNC|SYNC]
    Flush the Lua scripts cache. Very dangerous on replicas.
    When called without the optional mode argument, the behavior is determined by the
    lazyfree-lazy-user-flush configuration directive. Valid modes are:
    * ASYNC: Asynchronously flush the scripts cache.
    * SYNC: Synchronously flush the scripts cache.
KILL
    Kill the currently executing Lua script.
LOAD <script>
    Load a script into the scripts cache without executing it.
`
