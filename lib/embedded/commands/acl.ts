import { createHash, randomBytes } from 'node:crypto'
import { CATEGORIES, type Category } from '../catalog/facts.ts'
import type { Command } from '../engine/command.ts'
import { subcommandArity } from '../errors.ts'
import { ErrorReply, MapReply, SetReply } from '../resp/value.ts'
import { helpReply } from './help.ts'
import { integer } from './parse.ts'

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

/** @see https://redis.io/docs/latest/commands/acl-users/ */
export const aclUsers: Command<[subcommand: string]> = {
  name: 'users',
  arity: 2,
  group: 'server',
  since: '6.0.0',
  summary: 'List the username of all the configured ACL rules',
  complexity: 'O(N). Where N is the number of configured users.',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run: () => ['default'],
}

/** @see https://redis.io/docs/latest/commands/acl-list/ */
export const aclList: Command<[subcommand: string]> = {
  name: 'list',
  arity: 2,
  group: 'server',
  since: '6.0.0',
  summary: 'List the current ACL rules in ACL config file format',
  complexity: 'O(N). Where N is the number of configured users.',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run({ engine }) {
    const { password } = engine.config
    return [`user default on ${password === '' ? 'nopass' : `#${sha256(password)}`} ~* &* +@all`]
  },
}

/** @see https://redis.io/docs/latest/commands/acl-getuser/ */
export const aclGetuser: Command<[subcommand: string, name: string]> = {
  name: 'getuser',
  arity: 3,
  group: 'server',
  since: '6.0.0',
  summary: 'Get the rules for a specific ACL user',
  complexity: 'O(N). Where N is the number of password, command and pattern rules that the user has.',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run({ engine }, argv) {
    if (argv[2] !== 'default') return null
    const { password } = engine.config
    const flags = password === '' ? ['on', 'nopass'] : ['on']
    return new MapReply([
      'flags',
      new SetReply(flags),
      'passwords',
      password === '' ? [] : [sha256(password)],
      'commands',
      '+@all',
      'keys',
      '~*',
      'channels',
      '&*',
      'selectors',
      [],
    ])
  },
}

/** @see https://redis.io/docs/latest/commands/acl-genpass/ */
export const aclGenpass: Command<[subcommand: string, ...bits: string[]]> = {
  name: 'genpass',
  arity: -2,
  group: 'server',
  since: '6.0.0',
  summary: 'Generate a pseudorandom secure password to use for ACL users',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run(_client, argv) {
    if (argv.length > 3) throw subcommandArity('ACL', argv[1])
    const bits = argv.length === 2 ? 256 : integer(argv[2]!)
    if (bits <= 0 || bits > MOST_BITS)
      throw new ErrorReply(
        `ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to ${MOST_BITS}`,
      )
    const digits = Math.ceil(bits / 4)
    return randomBytes(Math.ceil(digits / 2))
      .toString('hex')
      .slice(0, digits)
  },
}

const MOST_BITS = 4096

function sha256(password: string): string {
  return createHash('sha256').update(Buffer.from(password, 'latin1')).digest('hex')
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
  subcommands: [aclWhoami, aclCat, aclUsers, aclList, aclGetuser, aclGenpass, aclHelp],
}

const HELP = `
CAT [<category>]
    List all commands that belong to <category>, or all command categories
    when no category is specified.
GENPASS [<bits>]
    Generate a secure 256-bit user password. The optional \`bits\` argument can
    be used to specify a different size.
GETUSER <username>
    Get the user's details.
LIST
    Show users details in config file format.
USERS
    List all the registered usernames.
WHOAMI
    Return the current connection username.
`
