import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { ErrorReply, MapReply, OK } from '../resp/value.ts'
import { CONCEALED } from './connection.ts'
import { helpReply } from './help.ts'

/** @see https://redis.io/docs/latest/commands/config-get/ */
export const configGet: Command<[subcommand: string, pattern: string, ...more: string[]]> = {
  name: 'get',
  arity: -3,
  group: 'server',
  since: '2.0.0',
  summary: 'Get the values of configuration parameters',
  complexity: 'O(N) when N is the number of configuration parameters provided',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run: ({ engine }, argv) => new MapReply(engine.config.matching(argv.slice(2)).flat()),
}

/** @see https://redis.io/docs/latest/commands/config-set/ */
export const configSet: Command<[subcommand: string, parameter: string, value: string, ...more: string[]]> = {
  name: 'set',
  arity: -4,
  group: 'server',
  since: '2.0.0',
  summary: 'Set configuration parameters to the given values',
  complexity: 'O(N) when N is the number of configuration parameters provided',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  conceal: (argv) => argv.map((word, i) => (SECRETS.has(argv[i - 1]?.toLowerCase() ?? '') ? CONCEALED : word)),
  run({ engine }, argv) {
    if (argv.length % 2 === 1) throw SYNTAX_ERROR
    const pairs: [name: string, value: string][] = []
    for (let i = 2; i < argv.length; i += 2) pairs.push([argv[i]!, argv[i + 1]!])
    engine.config.set(pairs)
    return OK
  },
}

/** Parameters whose values are secret. */
const SECRETS: ReadonlySet<string> = new Set(['requirepass', 'masterauth'])

/** @see https://redis.io/docs/latest/commands/config-resetstat/ */
export const configResetstat: Command<[subcommand: string]> = {
  name: 'resetstat',
  arity: 2,
  group: 'server',
  since: '2.0.0',
  summary: 'Reset the stats returned by INFO',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run({ engine }) {
    engine.stats.reset()
    for (const command of engine.commands) command.resetCounters()
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/config-rewrite/ */
export const configRewrite: Command<[subcommand: string]> = {
  name: 'rewrite',
  arity: 2,
  group: 'server',
  since: '2.8.0',
  summary: 'Rewrite the configuration file with the in memory configuration',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run() {
    throw new ErrorReply('ERR The server is running without a config file')
  },
}

/** @see https://redis.io/docs/latest/commands/config-help/ */
export const configHelp: Command<[subcommand: string]> = {
  name: 'help',
  arity: 2,
  group: 'server',
  since: '5.0.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: () => helpReply('CONFIG', HELP),
}

/** @see https://redis.io/docs/latest/commands/config/ */
export const config: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'config',
  arity: -2,
  group: 'server',
  since: '2.0.0',
  summary: 'A container for server configuration commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  subcommands: [configGet, configSet, configResetstat, configRewrite, configHelp],
}

const HELP = `
GET <pattern>
    Return parameters matching the glob-like <pattern> and their values.
SET <directive> <value>
    Set the configuration <directive> to <value>.
RESETSTAT
    Reset statistics reported by the INFO command.
REWRITE
    Rewrite the configuration file.
`
