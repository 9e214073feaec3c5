import type { ConnectionOptions } from 'node:tls'
import { InvalidOptionError } from '../../errors.ts'
import { placeInUrl, type RedisPlace, type Sentinels, TLS_OPTIONS } from './place.ts'

/** What the command line asks for. */
export interface Options extends RedisPlace {
  /** If given, they are asked for the address of the server. */
  readonly sentinels: Sentinels | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  readonly db: number
  readonly resp3: boolean
  /** Whether replies are printed raw; `undefined`: unless the output is a terminal. */
  readonly raw: boolean | undefined
  /** Whether an error reply makes the exit code 1. */
  readonly errorExits: boolean
  /** Whether the password is on the command line, where other users of the machine can see it. */
  readonly warnOfPassword: boolean
  /** The command to run; empty: start a dialogue. */
  readonly command: readonly string[]
}

/** Options read so far. */
type Said = { -readonly [K in keyof Options]?: Options[K] }

/** The command line is wrong; the message says how, in the words of redis-cli. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}

/** Options that are followed by a value. */
const WITH_VALUE: Readonly<Record<string, (said: Said, value: string) => void>> = {
  '-h': (said, value) => {
    said.host = value
  },
  '-p': (said, value) => {
    said.port = portOf(value)
  },
  '-s': (said, value) => {
    said.path = value
  },
  '-n': (said, value) => {
    said.db = Number.parseInt(value, 10) || 0
  },
  '-a': setPassword,
  '--pass': setPassword,
  '--user': (said, value) => {
    said.user = value
  },
  '-u': setUrl,
}

const FLAGS: Readonly<Record<string, Said>> = {
  '-3': { resp3: true },
  '-2': { resp3: false },
  '--raw': { raw: true },
  '--no-raw': { raw: false },
  '-e': { errorExits: true },
  '--tls': { tls: {} },
}

const DEFAULTS = {
  ...{ host: '127.0.0.1', port: 6379, path: undefined, tls: undefined, sentinels: undefined, user: undefined },
  ...{ db: 0, resp3: false, raw: undefined, errorExits: false },
} satisfies Said

/**
 * Parses the command line of redis-cli: options, then a command, whose words are not parsed. If no
 * option names a server, the variable `REDIS_URL` does.
 * @throws OptionError
 */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const said: Said = {}
  let silent = false
  let tls: ConnectionOptions = {}
  let at = 0
  for (; at < args.length && args[at]!.startsWith('-'); at++) {
    const word = args[at]!
    const take = Object.hasOwn(WITH_VALUE, word) ? WITH_VALUE[word] : undefined
    const takeTls = Object.hasOwn(TLS_OPTIONS, word) ? TLS_OPTIONS[word] : undefined
    if (word === '--no-auth-warning') silent = true
    else if (word === '--insecure') tls = { ...tls, rejectUnauthorized: false }
    else if (Object.hasOwn(FLAGS, word)) Object.assign(said, FLAGS[word])
    else if (take !== undefined && at + 1 < args.length) take(said, args[++at]!)
    else if (takeTls !== undefined && at + 1 < args.length) tls = { ...tls, ...readable(() => takeTls(args[++at]!)) }
    else throw new OptionError(`Unrecognized option or bad number of args for: '${word}'`)
  }
  const isPlaced = said.host !== undefined || said.port !== undefined || said.path !== undefined || !env.REDIS_URL
  const fromEnv = isPlaced || said.sentinels !== undefined ? {} : readUrl(env.REDIS_URL as string)
  const merged = { ...DEFAULTS, password: env.REDISCLI_AUTH || undefined, ...fromEnv, ...said }
  return {
    ...merged,
    tls: merged.tls && { ...merged.tls, ...tls },
    warnOfPassword: said.warnOfPassword === true && !silent,
    command: args.slice(at),
  }
}

function setPassword(said: Said, password: string): void {
  said.password = password
  said.warnOfPassword = true
}

function setUrl(said: Said, text: string): void {
  Object.assign(said, readUrl(text))
  if (said.password !== undefined) said.warnOfPassword = true
}

function readUrl(text: string): Said {
  if (!/^(redis|valkey|unix)[a-z-]*:\/\//i.test(text)) throw new OptionError('Invalid URI scheme')
  try {
    return placeInUrl(text)
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error
    throw new OptionError(`Invalid URI: ${error.message}`)
  }
}

/** @throws OptionError when a file cannot be read */
function readable(read: () => ConnectionOptions): ConnectionOptions {
  try {
    return read()
  } catch (error) {
    throw new OptionError((error as Error).message)
  }
}

function portOf(text: string): number {
  const port = Number.parseInt(text, 10) || 0
  if (port >= 0 && port <= 65_535) return port
  throw new OptionError('Invalid server port.')
}
