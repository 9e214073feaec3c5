import type { KeySpec } from '../catalog/key-spec.ts'
import type { Registered } from '../catalog/registered.ts'
import type { Command } from '../engine/command.ts'
import type { Engine } from '../engine/engine.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { MapReply, type Reply, SetReply, Status } from '../resp/value.ts'
import { matchGlob } from '../text/glob.ts'
import { keysOfCall } from './called-keys.ts'
import { helpReply } from './help.ts'

/** @see https://redis.io/docs/latest/commands/command-count/ */
export const commandCount: Command<[subcommand: string]> = {
  name: 'count',
  arity: 2,
  group: 'server',
  since: '2.8.13',
  summary: 'Get total number of Redis commands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  categories: ['connection'],
  run: ({ engine }) => engine.commands.size,
}

/** @see https://redis.io/docs/latest/commands/command-info/ */
export const commandInfo: Command<[subcommand: string, ...names: string[]]> = {
  name: 'info',
  arity: -2,
  group: 'server',
  since: '2.8.13',
  summary: 'Get array of specific Redis command details, or all when no argument is given.',
  complexity: 'O(N) where N is the number of commands to look up',
  flags: ['loading', 'stale'],
  categories: ['connection'],
  tips: ['nondeterministic_output_order'],
  run: ({ engine }, argv) =>
    argv.length === 2
      ? [...engine.commands].map(describe)
      : argv.slice(2).map((name) => {
          const command = byFullName(engine, name)
          return command === undefined ? null : describe(command)
        }),
}

/** @see https://redis.io/docs/latest/commands/command-docs/ */
export const commandDocs: Command<[subcommand: string, ...names: string[]]> = {
  name: 'docs',
  arity: -2,
  group: 'server',
  since: '7.0.0',
  summary: 'Get array of specific Redis command documentation',
  complexity: 'O(N) where N is the number of commands to look up',
  flags: ['loading', 'stale'],
  categories: ['connection'],
  tips: ['nondeterministic_output_order'],
  run({ engine }, argv) {
    const chosen =
      argv.length === 2 ? [...engine.commands] : argv.slice(2).flatMap((name) => byFullName(engine, name) ?? [])
    return new MapReply(chosen.flatMap((command) => [command.fullName, document(command)]))
  },
}

/** @see https://redis.io/docs/latest/commands/command-list/ */
export const commandList: Command<[subcommand: string, ...filter: string[]]> = {
  name: 'list',
  arity: -2,
  group: 'server',
  since: '7.0.0',
  summary: 'Get an array of Redis command names',
  complexity: 'O(N) where N is the total number of Redis commands',
  flags: ['loading', 'stale'],
  categories: ['connection'],
  tips: ['nondeterministic_output_order'],
  run({ engine }, argv) {
    const test = parseFilter(argv)
    return [...engine.commands]
      .flatMap((command) => [command, ...(command.subcommands?.values() ?? [])])
      .filter(test)
      .map(({ fullName }) => fullName)
  },
}

/** @see https://redis.io/docs/latest/commands/command-getkeys/ */
export const commandGetkeys: Command<[subcommand: string, command: string, argument: string, ...more: string[]]> = {
  name: 'getkeys',
  arity: -4,
  group: 'server',
  since: '2.8.13',
  summary: 'Extract keys given a full Redis command',
  complexity: 'O(N) where N is the number of arguments to the command',
  flags: ['loading', 'stale'],
  categories: ['connection'],
  run: ({ engine }, argv) => keysOfCall(engine, argv.slice(2)).map(({ key }) => key),
}

/** @see https://redis.io/docs/latest/commands/command-getkeysandflags/ */
export const commandGetkeysandflags: Command<
  [subcommand: string, command: string, argument: string, ...more: string[]]
> = {
  name: 'getkeysandflags',
  arity: -4,
  group: 'server',
  since: '7.0.0',
  summary: 'Extract keys and access flags given a full Redis command',
  complexity: 'O(N) where N is the number of arguments to the command',
  flags: ['loading', 'stale'],
  categories: ['connection'],
  run: ({ engine }, argv) => keysOfCall(engine, argv.slice(2)).map(({ key, flags }) => [key, statuses(flags)]),
}

/** @see https://redis.io/docs/latest/commands/command-help/ */
export const commandHelp: Command<[subcommand: string]> = {
  name: 'help',
  arity: 2,
  group: 'server',
  since: '5.0.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  categories: ['connection'],
  run: () => helpReply('COMMAND', HELP),
}

/** @see https://redis.io/docs/latest/commands/command/ */
export const commandContainer: Command<string[]> = {
  name: 'command',
  arity: -1,
  group: 'server',
  since: '2.8.13',
  summary: 'Get array of Redis command details',
  complexity: 'O(N) where N is the total number of Redis commands',
  flags: ['loading', 'stale'],
  categories: ['connection'],
  tips: ['nondeterministic_output_order'],
  subcommands: [
    commandCount,
    commandInfo,
    commandDocs,
    commandList,
    commandGetkeys,
    commandGetkeysandflags,
    commandHelp,
  ],
  run: ({ engine }) => [...engine.commands].map(describe),
}

/** The command that `get` or `client|id` names. */
function byFullName({ commands }: Engine, fullName: string): Registered | undefined {
  const [name, sub] = fullName.split('|')
  const found = commands.get(name!)
  return sub === undefined ? found : found?.subcommands?.get(sub.toLowerCase())
}

function statuses(words: string): Reply {
  return new SetReply(words.split(' ').map((word) => new Status(word)))
}

/** A command as COMMAND INFO returns it. */
function describe(command: Registered): Reply {
  const { command: facts } = command
  const flags: string[] = facts.flags.filter((flag) => flag !== 'may_replicate')
  if (command.hasMovableKeys) flags.push('movablekeys')
  return [
    command.fullName,
    command.arity,
    new SetReply(flags.map((flag) => new Status(flag))),
    ...command.keyRange,
    new SetReply(command.categories.map((category) => new Status(`@${category}`))),
    new SetReply(facts.tips ?? []),
    new SetReply((facts.keys ?? []).map(describeKeys)),
    new SetReply([...(command.subcommands?.values() ?? [])].map(describe)),
  ]
}

function describeKeys({ flags, notes, begin, find }: KeySpec): Reply {
  const start: Reply =
    'index' in begin
      ? new MapReply(['type', 'index', 'spec', new MapReply(['index', begin.index])])
      : 'keyword' in begin
        ? new MapReply([
            'type',
            'keyword',
            'spec',
            new MapReply(['keyword', begin.keyword, 'startfrom', begin.startFrom]),
          ])
        : new MapReply(['type', 'unknown', 'spec', new MapReply([])])
  const rest: Reply =
    'last' in find
      ? new MapReply([
          'type',
          'range',
          'spec',
          new MapReply(['lastkey', find.last, 'keystep', find.step, 'limit', find.limit]),
        ])
      : 'keyNumIndex' in find
        ? new MapReply([
            'type',
            'keynum',
            'spec',
            new MapReply(['keynumidx', find.keyNumIndex, 'firstkey', find.firstKey, 'keystep', find.step]),
          ])
        : new MapReply(['type', 'unknown', 'spec', new MapReply([])])
  const note: readonly Reply[] = notes === undefined ? [] : ['notes', notes]
  return new MapReply([...note, 'flags', statuses(flags), 'begin_search', start, 'find_keys', rest])
}

/** A command as COMMAND DOCS returns it. */
function document(command: Registered): Reply {
  const { summary, since, group, complexity } = command.command
  const facts: Reply[] = ['summary', summary, 'since', since, 'group', group]
  if (complexity !== undefined) facts.push('complexity', complexity)
  if (command.subcommands !== undefined) {
    const subs = [...command.subcommands.values()].flatMap((sub) => [sub.fullName, document(sub)])
    facts.push('subcommands', new MapReply(subs))
  }
  return new MapReply(facts)
}

function parseFilter(argv: readonly string[]): (command: Registered) => boolean {
  if (argv.length === 2) return () => true
  if (argv.length !== 5 || argv[2]!.toUpperCase() !== 'FILTERBY') throw SYNTAX_ERROR
  const [kind, value] = [argv[3]!.toUpperCase(), argv[4]!]
  if (kind === 'MODULE') return () => false
  if (kind === 'ACLCAT') {
    const category = value.toLowerCase()
    return (command) => command.categories.some((one) => one === category)
  }
  if (kind === 'PATTERN') return ({ fullName }) => matchGlob(value, fullName, true)
  throw SYNTAX_ERROR
}

const HELP = `
(no subcommand)
    Return details about all Redis commands.
COUNT
    Return the total number of commands in this Redis server.
LIST
    Return a list of all commands in this Redis server.
INFO [<command-name> ...]
    Return details about multiple Redis commands.
    If no command names are given, documentation details for all
    commands are returned.
DOCS [<command-name> ...]
    Return documentation details about multiple Redis commands.
    If no command names are given, documentation details for all
    commands are returned.
GETKEYS <full-command>
    Return the keys from a full Redis command.
GETKEYSANDFLAGS <full-command>
    Return the keys and the access flags from a full Redis command.
`
