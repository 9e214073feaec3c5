import { REDIS_VERSION } from '../catalog/redis-version.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR, wrongArity } from '../errors.ts'
import { ErrorReply, MapReply, OK, PONG, type Reply, Status } from '../resp/value.ts'
import { parseInteger } from '../text/numbers.ts'
import { integer32 } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/ping/ */
export const ping: Command<string[]> = {
  name: 'ping',
  arity: -1,
  group: 'connection',
  since: '1.0.0',
  summary: 'Ping the server',
  complexity: 'O(1)',
  flags: ['fast'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  run(client, argv) {
    if (argv.length > 2) throw wrongArity('ping')
    // In RESP2's subscriber mode every reply looks like a message.
    if (client.protocol === 2 && client.isSubscriber) return ['pong', argv[1] ?? '']
    return argv[1] ?? PONG
  },
}

/** @see https://redis.io/docs/latest/commands/echo/ */
export const echo: Command<[message: string]> = {
  name: 'echo',
  arity: 2,
  group: 'connection',
  since: '1.0.0',
  summary: 'Echo the given string',
  complexity: 'O(1)',
  flags: ['loading', 'stale', 'fast'],
  run: (_client, argv) => argv[1],
}

/** @see https://redis.io/docs/latest/commands/select/ */
export const select: Command<[index: string]> = {
  name: 'select',
  arity: 2,
  group: 'connection',
  since: '1.0.0',
  summary: 'Change the selected database for the current connection',
  complexity: 'O(1)',
  flags: ['loading', 'stale', 'fast'],
  run(client, argv) {
    const db = client.engine.databases[integer32(argv[1])]
    if (db === undefined) throw new ErrorReply('ERR DB index is out of range')
    client.db = db
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/quit/ */
export const quit: Command<string[]> = {
  name: 'quit',
  arity: -1,
  group: 'connection',
  since: '1.0.0',
  summary: 'Close the connection',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  run(client) {
    client.closing = true
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/reset/ */
export const reset: Command<[]> = {
  name: 'reset',
  arity: 1,
  group: 'connection',
  since: '6.2.0',
  summary: 'Reset the connection',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  run(client) {
    client.reset()
    return new Status('RESET')
  },
}

const WRONG_PASSWORD = new ErrorReply('WRONGPASS invalid username-password pair or user is disabled.')
const NO_PASSWORD_SET = new ErrorReply(
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
)
const BAD_NAME = new ErrorReply('ERR Client names cannot contain spaces, newlines or special characters.')

/** @see https://redis.io/docs/latest/commands/auth/ */
export const auth: Command<[password: string, ...more: string[]]> = {
  name: 'auth',
  arity: -2,
  group: 'connection',
  since: '1.0.0',
  summary: 'Authenticate to the server',
  complexity: 'O(N) where N is the number of passwords defined for the user',
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  conceal: ([name, ...secrets]) => [name!, ...secrets.map(() => CONCEALED)],
  run(client, argv) {
    if (argv.length > 3) throw SYNTAX_ERROR
    if (argv.length === 2 && client.engine.config.password === '') throw NO_PASSWORD_SET
    authenticate(client, argv.length === 3 ? argv[1] : 'default', argv.at(-1)!)
    return OK
  },
}

/** Replaces a secret where the call is shown. */
export const CONCEALED: string = '(redacted)'

/** The only user is `default`; without a configured password it accepts any password. */
function authenticate(client: Caller, user: string, password: string): void {
  const expected = client.engine.config.password
  if (user !== 'default' || (expected !== '' && !equalInConstantTime(password, expected))) throw WRONG_PASSWORD
  client.authenticated = true
}

/** Compares in a time that does not reveal how much of the text is right. */
function equalInConstantTime(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length
  for (let i = 0; i < given.length; i++) difference |= given.charCodeAt(i) ^ expected.charCodeAt(i % expected.length)
  return difference === 0
}

/** @throws ErrorReply - if a character is not printable or is a blank */
export function checkName(name: string, error: ErrorReply = BAD_NAME): void {
  if (/[^!-~]/.test(name)) throw error
}

/** @see https://redis.io/docs/latest/commands/hello/ */
export const hello: Command<string[]> = {
  name: 'hello',
  arity: -1,
  group: 'connection',
  since: '6.0.0',
  summary: 'Handshake with Redis',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  conceal(argv) {
    const at = argv.findIndex((word) => word.toUpperCase() === 'AUTH')
    return argv.map((word, i) => (at !== -1 && (i === at + 1 || i === at + 2) ? CONCEALED : word))
  },
  run(client, argv) {
    const options = parseHello(argv)
    const { config } = client.engine
    if (options.credentials !== undefined) authenticate(client, ...options.credentials)
    if (!client.authenticated && config.password !== '') {
      throw new ErrorReply(
        'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
      )
    }
    if (options.name !== undefined) client.name = options.name
    if (options.protocol !== undefined) client.protocol = options.protocol
    const facts: Reply[] = ['server', 'redis', 'version', REDIS_VERSION, 'proto', client.protocol, 'id', client.id]
    return new MapReply([...facts, 'mode', 'standalone', 'role', 'master', 'modules', []])
  },
}

interface HelloOptions {
  protocol: 2 | 3 | undefined
  credentials: [user: string, password: string] | undefined
  name: string | undefined
}

function parseHello(argv: readonly string[]): HelloOptions {
  const options: HelloOptions = { protocol: undefined, credentials: undefined, name: undefined }
  if (argv[1] !== undefined) {
    const version = parseInteger(argv[1])
    if (version === undefined) throw new ErrorReply('ERR Protocol version is not an integer or out of range')
    if (version !== 2 && version !== 3) throw new ErrorReply('NOPROTO unsupported protocol version')
    options.protocol = version
  }
  for (let i = 2; i < argv.length; i++) {
    const word = argv[i]!.toUpperCase()
    if (word === 'AUTH' && i + 2 < argv.length) options.credentials = [argv[++i]!, argv[++i]!]
    else if (word === 'SETNAME' && i + 1 < argv.length) {
      options.name = argv[++i]!
      checkName(options.name)
    } else throw new ErrorReply(`ERR Syntax error in HELLO option '${argv[i]}'`)
  }
  return options
}
