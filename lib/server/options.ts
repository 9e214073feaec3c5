import { InvalidOptionError } from '../errors.ts'
import { checkLinkEndOptions, type LinkEndOptions } from '../link/options.ts'
import { flag, knownOptions, milliseconds, wholeNumber } from '../util/options.ts'
import { checkMessageOptions, type MessageOptions } from '../wire/options.ts'

/**
 * Options of {@link RedisRPCServer}. `Name` is what they may expose: nothing unless you say so, and then they suit every
 * server.
 */
export interface RedisRPCServerOptions<Name extends string = never> extends LinkEndOptions, MessageOptions {
  /** Calls of asynchronous methods that run at once; at least 1. @defaultValue 100 */
  readonly concurrency?: number
  /** How long a reply waits for its caller before Redis removes it, in ms. @defaultValue 60000 */
  readonly replyExpireMs?: number
  /** Names what may be called, instead of all public methods; fields and accessors too. See `docs/security.md`. */
  readonly expose?: readonly Name[]
  /** Whether the stack of what a method throws goes to the caller. @defaultValue true */
  readonly exposeStacks?: boolean
  /** Whether `start` drops the requests that wait already, as the Python and PHP originals do. @defaultValue false */
  readonly flushOnStart?: boolean
  /** How long `close` waits for calls that run; then their callers get a `ClosedError`. In ms. @defaultValue 10000 */
  readonly drainTimeoutMs?: number
}

/** The defaults of what {@link RedisRPCServerOptions} adds. */
export const SERVER_DEFAULTS = {
  concurrency: 100,
  replyExpireMs: 60_000,
  exposeStacks: true,
  flushOnStart: false,
  drainTimeoutMs: 10_000,
} as const

/** {@link RedisRPCServerOptions}, checked and with the defaults filled in. */
export interface ServerSettings extends Required<Omit<RedisRPCServerOptions, 'expose'>> {
  readonly expose: readonly string[] | undefined
}

/** @throws InvalidOptionError */
export function checkServerOptions(options: RedisRPCServerOptions<string>): ServerSettings {
  const { concurrency, replyExpireMs, exposeStacks, flushOnStart, drainTimeoutMs } = SERVER_DEFAULTS
  const settings = {
    ...checkLinkEndOptions(options),
    ...checkMessageOptions(options),
    concurrency: wholeNumber('concurrency', options.concurrency, concurrency, 1),
    replyExpireMs: milliseconds('replyExpireMs', options.replyExpireMs, replyExpireMs),
    expose: checkExpose(options.expose),
    exposeStacks: flag('exposeStacks', options.exposeStacks, exposeStacks),
    flushOnStart: flag('flushOnStart', options.flushOnStart, flushOnStart),
    drainTimeoutMs: milliseconds('drainTimeoutMs', options.drainTimeoutMs, drainTimeoutMs, 0),
  }
  knownOptions(options, Object.keys(settings))
  return settings
}

function checkExpose(expose: readonly string[] | undefined): readonly string[] | undefined {
  if (expose === undefined || (Array.isArray(expose) && expose.every((name) => typeof name === 'string'))) return expose
  throw new InvalidOptionError('expose', 'an array of names', expose)
}
