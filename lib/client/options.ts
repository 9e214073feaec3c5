import { InvalidOptionError } from '../errors.ts'
import { checkLinkEndOptions, type LinkEndOptions } from '../link/options.ts'
import type { CallLimits } from '../link/pending-call.ts'
import { abortSignal, knownOptions, milliseconds, optionsObject } from '../util/options.ts'
import { checkMessageOptions, type MessageOptions } from '../wire/options.ts'

/** How one call is made. */
export interface CallOptions {
  /** How long to wait for the answer, in ms. After that the call is rejected, and a server does not begin it any more. @defaultValue 30000 */
  readonly timeoutMs?: number
  /** Ends the wait: the call is rejected with the signal's reason. What the far method has begun, it finishes. `undefined` drops the one of
   * a proxy made by `with`. */
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link RedisRPCClient}. */
export interface RedisRPCClientOptions extends LinkEndOptions, MessageOptions, Pick<CallOptions, 'timeoutMs'> {
  /**
   * `native` speaks to servers of this library; `classic` sends exactly what the Python, Ruby and PHP originals send, with
   * a fresh reply list for each call. @defaultValue 'native'
   */
  readonly dialect?: 'native' | 'classic'
}

/** The defaults of what {@link RedisRPCClientOptions} adds. */
export const CLIENT_DEFAULTS = { timeoutMs: 30_000, dialect: 'native' } as const

/** {@link RedisRPCClientOptions}, checked and with the defaults filled in. */
export type ClientSettings = Required<RedisRPCClientOptions>

/** @throws InvalidOptionError */
export function checkClientOptions(options: RedisRPCClientOptions): ClientSettings {
  optionsObject(options)
  const dialect = options.dialect ?? CLIENT_DEFAULTS.dialect
  if (dialect !== 'native' && dialect !== 'classic') {
    throw new InvalidOptionError('dialect', "'native' or 'classic'", dialect)
  }
  const settings = {
    ...checkLinkEndOptions(options),
    ...checkMessageOptions(options),
    timeoutMs: milliseconds('timeoutMs', options.timeoutMs, CLIENT_DEFAULTS.timeoutMs),
    dialect,
  }
  knownOptions(options, Object.keys(settings))
  return settings
}

/** @throws InvalidOptionError */
export function checkCallOptions(options: CallOptions, base: CheckedCallOptions): CheckedCallOptions {
  knownOptions(options, ['timeoutMs', 'signal'])
  return {
    timeoutMs: milliseconds('timeoutMs', options.timeoutMs, base.timeoutMs),
    signal: 'signal' in options ? abortSignal('signal', options.signal) : base.signal,
  }
}

/** {@link CallOptions}, checked. */
export type CheckedCallOptions = CallLimits
