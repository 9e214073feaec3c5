import { subcommandArity } from '../errors.ts'
import { ErrorReply } from '../resp/value.ts'
import { CATEGORIES, type Category, type Command } from './command.ts'
import { helpReply } from './help.ts'

/** @see https://redis.io/docs/latest/commands/acl-whoami/ */
export const aclWhoami: Command<[subcommand: string]> = {
  name: 'whoami',
  arity: 2,
  group: 'server',
  since: '6.0.0',
  summary: 'Return the name of the user associated to the current connection',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run: () => 'default',
}

/** @see https://redis.io/docs/latest/commands/acl-cat/ */
export const aclCat: Command<[subcommand: string, ...category: string[]]> = {
  name: 'cat',
  arity: -2,
  group: 'server',
  since: '6.0.0',
  summary: 'List the ACL categories or the commands inside a category',
  complexity: 'O(1) since the categories and commands are a fixed set.',
  flags: ['noscript', 'loading', 'stale'],
  run({ engine }, argv) {
    if (argv.length === 2) return [...CATEGORIES]
    if (argv.length > 3) throw subcommandArity('ACL', argv[1])
    const wanted = argv[2]!.toLowerCase()
    if (!CATEGORIES.some((category) => category === wanted)) throw new ErrorReply(`ERR Unknown category '${argv[2]}'`)
    return [...engine.commands]
      .flatMap((command) => [command, ...(command.subcommands?.values() ?? [])])
      .filter((command) => command.categories.includes(wanted as Category))
      .map(({ fullName }) => fullName)
  },
}

/** @see https://redis.io/docs/latest/commands/acl-help/ */
export const aclHelp: Command<[subcommand: string]> = {
  name: 'help',
  arity: 2,
  group: 'server',
  since: '6.0.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: () => helpReply('ACL', HELP),
}

/** @see https://redis.io/docs/latest/commands/acl/ */
export const acl: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'acl',
  arity: -2,
  group: 'server',
  since: '6.0.0',
  summary: 'A container for Access List Control commands ',
  complexity: 'Depends on subcommand.',
  flags: [],
  subcommands: [aclWhoami, aclCat, aclHelp],
}

const HELP = `
CAT [<category>]
    List all commands that belong to <category>, or all command categories
    when no category is specified.
WHOAMI
    Return the current connection username.
`
