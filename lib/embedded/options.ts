import { isIP } from 'node:net'
import { type Clock, systemClock } from '../util/clock.ts'
import { type Log, silent } from './log.ts'

/** When an append-only file is synced to disk. */
export type FsyncPolicy = 'always' | 'everysec' | 'no'

const FSYNC_POLICIES: readonly string[] = ['always', 'everysec', 'no'] satisfies readonly FsyncPolicy[]

/** How an {@link EmbeddedRedis} is to run. */
export interface EmbeddedRedisOptions {
  /**
   * The address to listen on. From any but a loopback address, clients are refused unless a password is set.
   * @defaultValue '127.0.0.1'
   */
  readonly host?: string
  /** The TCP port, 0 to 65535; 0 takes a free one, which `port` then tells. @defaultValue 0 */
  readonly port?: number
  /** What clients must AUTH with; none if empty. @defaultValue '' */
  readonly password?: string
  /** Connections at once, at least 1; one more is refused as Redis refuses it. @defaultValue 10000 */
  readonly maxClients?: number
  /** Bytes of one argument, at least 1 MiB (`proto-max-bulk-len`). @defaultValue 536870912 */
  readonly maxBulkBytes?: number
  /** Bytes that one client may have sent without their being executed, at least 1 MiB (`client-query-buffer-limit`). @defaultValue 1073741824 */
  readonly maxQueryBytes?: number
  /** Arguments of one command, at least 1024. @defaultValue 1048576 */
  readonly maxArguments?: number
  /** Parameters as CONFIG SET takes them, such as `{ 'notify-keyspace-events': 'KEA' }`. @defaultValue none */
  readonly config?: Readonly<Record<string, string>>
  /** Names of commands that the server denies knowing, as with `rename-command … ""`. @defaultValue none */
  readonly disabledCommands?: readonly string[]
  /**
   * The append-only file: every write is added to it, and a start repeats them. Made if it is not there. Nothing is kept
   * if empty. Redis 7.0 can load it as well.
   * @defaultValue ''
   */
  readonly appendOnlyFile?: string
  /**
   * When the append-only file is synced to disk: `always` before a write is acknowledged, `everysec` once a second,
   * `no` when the operating system likes (`appendfsync`).
   * @defaultValue 'everysec'
   */
  readonly fsync?: FsyncPolicy
  /**
   * The append-only file is written anew, without what is superseded, when it has doubled its size, and has at least so
   * many bytes (`auto-aof-rewrite-min-size`).
   * @defaultValue 67108864
   */
  readonly rewriteMinBytes?: number
  /** How long `close` waits for clients to take their last replies, in ms, at least 0. @defaultValue 1000 */
  readonly closeTimeoutMs?: number
  /** Where time comes from. @defaultValue the machine's clock */
  readonly clock?: Clock
  /** Receives what the server logs. @defaultValue nobody */
  readonly log?: Log
}

/** What {@link EmbeddedRedisOptions} are unless they are given. */
export const DEFAULTS: Readonly<Required<EmbeddedRedisOptions>> = {
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
 * Completes and checks options.
 * @throws TypeError - if one is not of its kind, naming it
 * @throws RangeError - if one is out of its range, naming it and the range
 */
export function checkOptions(options: EmbeddedRedisOptions): Readonly<Required<EmbeddedRedisOptions>> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  for (const [name] of given) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new TypeError(`EmbeddedRedis has no option ${name}`)
  }
  const checked = { ...DEFAULTS, ...Object.fromEntries(given) } as Required<EmbeddedRedisOptions>
  const { host, password, disabledCommands, appendOnlyFile, fsync } = checked
  if (typeof host !== 'string' || host === '') throw new TypeError('host must be a name or an address')
  if (typeof password !== 'string') throw new TypeError('password must be a string')
  if (!Array.isArray(disabledCommands) || disabledCommands.some((name) => typeof name !== 'string')) {
    throw new TypeError('disabledCommands must be an array of names')
  }
  if (typeof appendOnlyFile !== 'string') throw new TypeError('appendOnlyFile must be the path of a file')
  if (!FSYNC_POLICIES.includes(fsync)) throw new TypeError(`fsync must be one of ${FSYNC_POLICIES.join(', ')}`)
  checkInteger(checked, 'port', 0, 65_535)
  checkInteger(checked, 'maxClients', 1, 2 ** 32 - 1)
  checkInteger(checked, 'maxBulkBytes', MIB, Number.MAX_SAFE_INTEGER)
  checkInteger(checked, 'maxQueryBytes', MIB, Number.MAX_SAFE_INTEGER)
  checkInteger(checked, 'maxArguments', 1024, 2 ** 31 - 1)
  checkInteger(checked, 'rewriteMinBytes', 0, Number.MAX_SAFE_INTEGER)
  checkInteger(checked, 'closeTimeoutMs', 0, 2 ** 31 - 1)
  return checked
}

type NumberOption =
  | 'port'
  | 'maxClients'
  | 'maxBulkBytes'
  | 'maxQueryBytes'
  | 'maxArguments'
  | 'rewriteMinBytes'
  | 'closeTimeoutMs'

function checkInteger(options: Required<EmbeddedRedisOptions>, name: NumberOption, min: number, max: number): void {
  const value: unknown = options[name]
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be an integer from ${min} to ${max}, not ${String(value)}`)
  }
}

/** Whether only this machine can reach an address. */
export function isLoopback(address: string): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address
  return plain === '::1' || plain === 'localhost' || (isIP(plain) === 4 && plain.startsWith('127.'))
}
