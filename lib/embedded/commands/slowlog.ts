import type { Command } from '../engine/command.ts'
import { subcommandArity } from '../errors.ts'
import { OK } from '../resp/value.ts'
import { helpReply } from './help.ts'
import { integerWithin } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/slowlog-get/ */
export const slowlogGet: Command<[subcommand: string, ...count: string[]]> = {
  name: 'get',
  arity: -2,
  group: 'server',
  since: '2.2.12',
  summary: "Get the slow log's entries",
  complexity: 'O(N) where N is the number of entries returned',
  flags: ['admin', 'loading', 'stale'],
  tips: ['request_policy:all_nodes', 'nondeterministic_output'],
  run({ engine }, argv) {
    if (argv.length > 3) throw subcommandArity('SLOWLOG', argv[1])
    const [count = '10'] = argv.slice(2)
    const wanted = integerWithin(count, -1, Infinity, 'count should be greater than or equal to -1')
    return engine.slowLog
      .newest(wanted === -1 ? Infinity : wanted)
      .map(({ id, at, microseconds, argv: words, address, clientName }) => [
        id,
        at,
        microseconds,
        words,
        address,
        clientName,
      ])
  },
}

/** @see https://redis.io/docs/latest/commands/slowlog-len/ */
export const slowlogLen: Command<[subcommand: string]> = {
  name: 'len',
  arity: 2,
  group: 'server',
  since: '2.2.12',
  summary: "Get the slow log's length",
  complexity: 'O(1)',
  flags: ['admin', 'loading', 'stale'],
  tips: ['request_policy:all_nodes', 'response_policy:agg_sum', 'nondeterministic_output'],
  run: ({ engine }) => engine.slowLog.length,
}

/** @see https://redis.io/docs/latest/commands/slowlog-reset/ */
export const slowlogReset: Command<[subcommand: string]> = {
  name: 'reset',
  arity: 2,
  group: 'server',
  since: '2.2.12',
  summary: 'Clear all entries from the slow log',
  complexity: 'O(N) where N is the number of entries in the slowlog',
  flags: ['admin', 'loading', 'stale'],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  run({ engine }) {
    engine.slowLog.clear()
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/slowlog-help/ */
export const slowlogHelp: Command<[subcommand: string]> = {
  name: 'help',
  arity: 2,
  group: 'server',
  since: '6.2.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: () => helpReply('SLOWLOG', HELP),
}

/** @see https://redis.io/docs/latest/commands/slowlog/ */
export const slowlog: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'slowlog',
  arity: -2,
  group: 'server',
  since: '2.2.12',
  summary: 'A container for slow log commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  subcommands: [slowlogGet, slowlogLen, slowlogReset, slowlogHelp],
}

const HELP = `
GET [<count>]
    Return top <count> entries from the slowlog (default: 10, -1 mean all).
    Entries are made of:
    id, timestamp, time in microseconds, arguments array, client IP and port,
    client name
LEN
    Return the length of the slowlog.
RESET
    Reset the slowlog.
`
