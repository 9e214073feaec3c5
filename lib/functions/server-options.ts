import { checkUse, type MiddlewareOption } from '../chain/middleware.ts'
import { InvalidOptionError } from '../errors.ts'
import { checkLinkEndOptions, type LinkEndOptions } from '../link/options.ts'
import { flag, knownOptions, milliseconds, nonEmptyString, wholeNumber } from '../util/options.ts'
import { checkMessageOptions, type MessageOptions } from '../wire/options.ts'
import { checkPrefix, checkServerId, DEFAULT_KIND } from './names.ts'

/** Options of {@link FunctionServer}. */
export interface FunctionServerOptions extends LinkEndOptions, MessageOptions, MiddlewareOption {
  /** The prefix of all keys. In a Cluster it needs a {hash tag}. @defaultValue 'redis_rpc' */
  readonly prefix?: string
  /** The kind of server; clients use it to look up heartbeats. @defaultValue 'server' */
  readonly kind?: string
  /**
   * Identifies the server among those of its kind; must not contain a colon.
   * @defaultValue host, process id and a random part
   */
  readonly id?: string
  /** How long Redis keeps a result for its caller, in ms. @defaultValue 120000 */
  readonly resultExpireMs?: number
  /**
   * A request older than this, in ms, is answered with an error instead of being run; 0: no limit.
   * @defaultValue 120000
   */
  readonly requestExpireMs?: number
  /** How often the heartbeat is set, in ms. @defaultValue 2000 */
  readonly heartbeatPeriodMs?: number
  /** How long one heartbeat lasts, in ms; longer than the period. @defaultValue 4000 */
  readonly heartbeatExpireMs?: number
  /**
   * The server closes after this many calls, whether they succeeded or not; at least 1.
   * @defaultValue none
   */
  readonly limit?: number
  /** How many calls of async functions run at once; at least 1. @defaultValue 100 */
  readonly concurrency?: number
  /**
   * Process signals that close the server; true: SIGTERM and SIGINT. The server listens for them
   * from `start` on. A second signal has its usual effect.
   * @defaultValue false
   */
  readonly signals?: boolean | readonly NodeJS.Signals[]
  /** Whether callers get the stack traces of errors. @defaultValue true */
  readonly exposeStacks?: boolean
  /**
   * How long `close` waits for running calls, in ms; then their callers get a `ClosedError`.
   * @defaultValue 10000
   */
  readonly drainTimeoutMs?: number
}

/**
 * The defaults of the options that {@link FunctionServerOptions} adds; the times are those of the
 * originals.
 */
export const FUNCTION_SERVER_DEFAULTS = {
  resultExpireMs: 120_000,
  requestExpireMs: 120_000,
  heartbeatPeriodMs: 2_000,
  heartbeatExpireMs: 4_000,
  concurrency: 100,
  exposeStacks: true,
  drainTimeoutMs: 10_000,
} as const

/** {@link FunctionServerOptions}, checked and with the defaults filled in. */
export interface FunctionServerSettings extends Required<Omit<FunctionServerOptions, 'signals' | 'limit'>> {
  readonly limit: number
  readonly signals: readonly NodeJS.Signals[]
}

/** @throws InvalidOptionError */
export function checkFunctionServerOptions(options: FunctionServerOptions): FunctionServerSettings {
  const defaults = FUNCTION_SERVER_DEFAULTS
  const settings = {
    ...checkLinkEndOptions(options),
    ...checkMessageOptions(options),
    use: checkUse(options),
    prefix: checkPrefix(options.prefix),
    kind: nonEmptyString('kind', options.kind ?? DEFAULT_KIND),
    id: checkServerId(options.id),
    resultExpireMs: milliseconds('resultExpireMs', options.resultExpireMs, defaults.resultExpireMs),
    requestExpireMs: milliseconds('requestExpireMs', options.requestExpireMs, defaults.requestExpireMs, 0),
    heartbeatPeriodMs: milliseconds('heartbeatPeriodMs', options.heartbeatPeriodMs, defaults.heartbeatPeriodMs),
    heartbeatExpireMs: milliseconds('heartbeatExpireMs', options.heartbeatExpireMs, defaults.heartbeatExpireMs),
    limit: options.limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber('limit', options.limit, 1, 1),
    concurrency: wholeNumber('concurrency', options.concurrency, defaults.concurrency, 1),
    signals: checkSignals(options.signals ?? false),
    exposeStacks: flag('exposeStacks', options.exposeStacks, defaults.exposeStacks),
    drainTimeoutMs: milliseconds('drainTimeoutMs', options.drainTimeoutMs, defaults.drainTimeoutMs, 0),
  }
  knownOptions(options, Object.keys(settings))
  if (settings.heartbeatExpireMs <= settings.heartbeatPeriodMs) {
    const accepts = `more than heartbeatPeriodMs (${settings.heartbeatPeriodMs})`
    throw new InvalidOptionError('heartbeatExpireMs', accepts, settings.heartbeatExpireMs)
  }
  return settings
}

function checkSignals(signals: boolean | readonly NodeJS.Signals[]): readonly NodeJS.Signals[] {
  if (signals === true) return ['SIGTERM', 'SIGINT']
  if (signals === false) return []
  if (Array.isArray(signals) && signals.every((name) => typeof name === 'string' && name.startsWith('SIG')))
    return signals
  throw new InvalidOptionError('signals', 'true, false or an array of signal names', signals)
}
