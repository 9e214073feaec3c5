/** What the command line asks for. */
export interface Options {
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  readonly password: string | undefined
  readonly db: number
  readonly resp3: boolean
  /** Replies as bytes for other programs, or for people; `undefined` looks at where they go. */
  readonly raw: boolean | undefined
  /** An error reply ends it with 1. */
  readonly errorExits: boolean
  /** The password is on the command line, where other users of the machine may see it. */
  readonly warnOfPassword: boolean
  /** The command to run; none begins a dialogue. */
  readonly command: readonly string[]
}

type Mutable = { -readonly [K in keyof Options]: Options[K] }

/** The command line is wrong; the message says how, in the words of redis-cli. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}

/** Options that are followed by a value. */
const WITH_VALUE: Readonly<Record<string, (options: Mutable, value: string) => void>> = {
  '-h': (options, value) => {
    options.host = value
  },
  '-p': (options, value) => {
    options.port = portOf(value)
  },
  '-n': (options, value) => {
    options.db = Number.parseInt(value, 10) || 0
  },
  '-a': setPassword,
  '--pass': setPassword,
  '--user': (options, value) => {
    options.user = value
  },
  '-u': setUrl,
}

const FLAGS: Readonly<Record<string, Partial<Mutable>>> = {
  '-3': { resp3: true },
  '-2': { resp3: false },
  '--raw': { raw: true },
  '--no-raw': { raw: false },
  '-e': { errorExits: true },
}

/**
 * Reads the command line of redis-cli: options first, then a command whose words are its own, whatever they look like.
 * @throws OptionError
 */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const options: Mutable = {
    host: '127.0.0.1',
    port: 6379,
    user: undefined,
    password: env.REDISCLI_AUTH || undefined,
    db: 0,
    resp3: false,
    raw: undefined,
    errorExits: false,
    warnOfPassword: false,
    command: [],
  }
  let silent = false
  let at = 0
  for (; at < args.length && args[at]!.startsWith('-'); at++) {
    const word = args[at]!
    const take = Object.hasOwn(WITH_VALUE, word) ? WITH_VALUE[word] : undefined
    if (word === '--no-auth-warning') silent = true
    else if (Object.hasOwn(FLAGS, word)) Object.assign(options, FLAGS[word])
    else if (take !== undefined && at + 1 < args.length) take(options, args[++at]!)
    else throw new OptionError(`Unrecognized option or bad number of args for: '${word}'`)
  }
  return { ...options, warnOfPassword: options.warnOfPassword && !silent, command: args.slice(at) }
}

function setPassword(options: Mutable, password: string): void {
  options.password = password
  options.warnOfPassword = true
}

function setUrl(options: Mutable, text: string): void {
  if (!text.startsWith('redis://')) throw new OptionError('Invalid URI scheme')
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw new OptionError(`Invalid URI: ${text}`)
  if (url.hostname !== '') options.host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.port !== '') options.port = Number(url.port)
  // A URL without a name means the default user, as all clients but redis-cli take it.
  if (url.username !== '') options.user = decodeURIComponent(url.username)
  if (url.password !== '') setPassword(options, decodeURIComponent(url.password))
  const db = /^\/(\d+)/.exec(url.pathname)?.[1]
  if (db !== undefined) options.db = Number(db)
}

function portOf(text: string): number {
  const port = Number.parseInt(text, 10) || 0
  if (port >= 0 && port <= 65_535) return port
  throw new OptionError('Invalid server port.')
}
