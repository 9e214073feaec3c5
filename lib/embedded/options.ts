import { InvalidOptionError } from '../errors.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { callback, knownOptions, LONGEST_MS, nonEmptyString } from '../util/options.ts'
import { type Log, silent } from './telemetry/log.ts'

/** When an append-only file is synced to disk. */
export type FsyncPolicy = 'always' | 'everysec' | 'no'

const FSYNC_POLICIES: readonly string[] = ['always', 'everysec', 'no'] satisfies readonly FsyncPolicy[]

/** Options of {@link EmbeddedRedis}. */
export interface EmbeddedRedisOptions {
  /**
   * The address to listen on. Clients from addresses other than loopback are refused unless a
   * password is set.
   * @defaultValue '127.0.0.1'
   */
  readonly host?: string
  /** The TCP port, 0 to 65535; 0: a free one, which you can read from `port`. @defaultValue 0 */
  readonly port?: number
  /** The password that clients must send with AUTH; empty: none. @defaultValue '' */
  readonly password?: string
  /**
   * The largest number of simultaneous connections, at least 1; additional ones are refused, as in
   * Redis.
   * @defaultValue 10000
   */
  readonly maxClients?: number
  /**
   * The largest argument in bytes, at least 1 MiB (`proto-max-bulk-len`).
   * @defaultValue 536870912
   */
  readonly maxBulkBytes?: number
  /**
   * How many bytes of commands that are not executed yet a client may send, at least 1 MiB
   * (`client-query-buffer-limit`).
   * @defaultValue 1073741824
   */
  readonly maxQueryBytes?: number
  /** The largest number of arguments of one command, at least 1024. @defaultValue 1048576 */
  readonly maxArguments?: number
  /**
   * Parameters as for CONFIG SET, such as `{ 'notify-keyspace-events': 'KEA' }`.
   * @defaultValue none
   */
  readonly config?: Readonly<Record<string, string>>
  /**
   * Names of commands that the server treats as unknown, as with `rename-command … ""`.
   * @defaultValue none
   */
  readonly disabledCommands?: readonly string[]
  /**
   * The append-only file: every write is appended to it, and replayed at the next start. It is
   * created if it does not exist. Empty: data is kept only in memory. Redis 7.0 can load the file
   * too.
   * @defaultValue ''
   */
  readonly appendOnlyFile?: string
  /**
   * When the append-only file is synced to disk: `always` before a write is acknowledged,
   * `everysec` once a second, `no` when the operating system decides to (`appendfsync`).
   * @defaultValue 'everysec'
   */
  readonly fsync?: FsyncPolicy
  /**
   * The append-only file is rewritten, with only the current data, when it has doubled in size and
   * has at least this many bytes (`auto-aof-rewrite-min-size`).
   * @defaultValue 67108864
   */
  readonly rewriteMinBytes?: number
  /**
   * How long `close` waits for clients to read their last replies, in ms, at least 0.
   * @defaultValue 1000
   */
  readonly closeTimeoutMs?: number
  /** The source of time. @defaultValue the system clock */
  readonly clock?: Clock
  /** Receives log messages of the server. @defaultValue none */
  readonly log?: Log
}

/** The defaults of {@link EmbeddedRedisOptions}. */
export const EMBEDDED_REDIS_DEFAULTS: Readonly<Required<EmbeddedRedisOptions>> = {
  host: '127.0.0.1',
  port: 0,
  password: '',
  maxClients: 10_000,
  maxBulkBytes: 512 * 1024 * 1024,
  maxQueryBytes: 1024 * 1024 * 1024,
  maxArguments: 1024 * 1024,
  config: {},
  disabledCommands: [],
  appendOnlyFile: '',
  fsync: 'everysec',
  rewriteMinBytes: 64 * 1024 * 1024,
  closeTimeoutMs: 1000,
  clock: systemClock,
  log: silent,
}

const MIB = 1024 * 1024

/**
 * Fills in defaults and checks options. Each option is read once, even if it is a getter or
 * inherited.
 * @throws InvalidOptionError - if one has the wrong type, is out of range, or is unknown
 */
export function checkOptions(options: EmbeddedRedisOptions): Readonly<Required<EmbeddedRedisOptions>> {
  knownOptions(options, OPTION_NAMES)
  const read = OPTION_NAMES.map((name) => [name, chosen(options, name)] as const)
  const checked = Object.fromEntries(read) as unknown as Required<EmbeddedRedisOptions>
  nonEmptyString('host', checked.host)
  // The value may be the password, so the message shows only its type.
  check('password', typeof checked.password === 'string', 'a string', typeof checked.password)
  const { disabledCommands, appendOnlyFile, fsync, config, clock } = checked
  const areNames = Array.isArray(disabledCommands) && disabledCommands.every((name) => typeof name === 'string')
  check('disabledCommands', areNames, 'an array of names', disabledCommands)
  const isPath = typeof appendOnlyFile === 'string' && !appendOnlyFile.includes('\0')
  check('appendOnlyFile', isPath, 'the path of a file', appendOnlyFile)
  check('fsync', FSYNC_POLICIES.includes(fsync), `one of ${FSYNC_POLICIES.join(', ')}`, fsync)
  // The entries of an iterable, such as a Map, are not properties and would be ignored silently.
  const isRecord = typeof config === 'object' && config !== null && !(Symbol.iterator in config)
  check('config', isRecord, 'an object of names and values', config)
  for (const [name, value] of Object.entries(config))
    check(`config.${name}`, typeof value === 'string', 'a string', value)
  integer(checked, 'port', 0, 65_535)
  integer(checked, 'maxClients', 1, 2 ** 32 - 1)
  integer(checked, 'maxBulkBytes', MIB, Number.MAX_SAFE_INTEGER)
  integer(checked, 'maxQueryBytes', MIB, Number.MAX_SAFE_INTEGER)
  integer(checked, 'maxArguments', 1024, 2 ** 31 - 1)
  integer(checked, 'rewriteMinBytes', 0, Number.MAX_SAFE_INTEGER)
  integer(checked, 'closeTimeoutMs', 0, LONGEST_MS)
  const isClock = [clock?.now, clock?.setTimer, clock?.clearTimer].every((method) => typeof method === 'function')
  check('clock', isClock, 'a Clock', clock)
  callback('log', checked.log, silent)
  return checked
}

function chosen(options: EmbeddedRedisOptions, name: keyof EmbeddedRedisOptions): unknown {
  const value: unknown = options[name]
  return value === undefined ? EMBEDDED_REDIS_DEFAULTS[name] : value
}

const OPTION_NAMES = Object.keys(EMBEDDED_REDIS_DEFAULTS) as readonly (keyof EmbeddedRedisOptions)[]

function check(option: string, isRight: boolean, accepts: string, got: unknown): void {
  if (!isRight) throw new InvalidOptionError(option, accepts, got)
}

type NumberOption =
  | 'port'
  | 'maxClients'
  | 'maxBulkBytes'
  | 'maxQueryBytes'
  | 'maxArguments'
  | 'rewriteMinBytes'
  | 'closeTimeoutMs'

function integer(options: Required<EmbeddedRedisOptions>, name: NumberOption, min: number, max: number): void {
  const value: unknown = options[name]
  const isRight = Number.isInteger(value) && Number(value) >= min && Number(value) <= max
  check(name, isRight, `an integer from ${min} to ${max}`, value)
}
