import type { Command } from '../engine/command.ts'
import { helpReply } from './help.ts'

/** @see https://redis.io/docs/latest/commands/module-list/ */
export const moduleList: Command<[subcommand: string]> = {
  name: 'list',
  arity: 2,
  group: 'server',
  since: '4.0.0',
  summary: 'List all modules loaded by the server',
  complexity: 'O(N) where N is the number of loaded modules.',
  flags: ['admin', 'noscript'],
  tips: ['nondeterministic_output_order'],
  run: () => [],
}

/** @see https://redis.io/docs/latest/commands/module-help/ */
export const moduleHelp: Command<[subcommand: string]> = {
  name: 'help',
  arity: 2,
  group: 'server',
  since: '5.0.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: () => helpReply('MODULE', HELP),
}

/** @see https://redis.io/docs/latest/commands/module/ */
export const moduleContainer: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'module',
  arity: -2,
  group: 'server',
  since: '4.0.0',
  summary: 'A container for module commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  subcommands: [moduleList, moduleHelp],
}

const HELP = `
LIST
    Return a list of loaded modules.
`
