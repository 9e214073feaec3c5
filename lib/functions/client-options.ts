import { checkUse, type MiddlewareOption } from '../chain/middleware.ts'
import { checkLinkEndOptions, type LinkEndOptions } from '../link/options.ts'
import type { CallLimits } from '../link/pending-call.ts'
import { abortSignal, knownOptions, milliseconds } from '../util/options.ts'
import { checkMessageOptions, type MessageOptions } from '../wire/options.ts'
import { checkPrefix } from './names.ts'

/** Options of one call, or of waiting for one result. */
export interface FunctionCallOptions {
  /** How long to wait for the result, connecting included, in ms. @defaultValue 1000 */
  readonly responseTimeoutMs?: number
  /**
   * Ends the wait: the call is rejected with the signal's reason. A function that has started
   * continues.
   */
  readonly signal?: AbortSignal
}

/** Options for pushing a request whose result is fetched later. */
export type FunctionPushOptions = Pick<FunctionCallOptions, 'signal'>

/** Options of {@link FunctionClient}. */
export interface FunctionClientOptions
  extends LinkEndOptions,
    MessageOptions,
    MiddlewareOption,
    Pick<FunctionCallOptions, 'responseTimeoutMs'> {
  /** The prefix of all keys. In a Cluster it needs a {hash tag}. @defaultValue 'redis_rpc' */
  readonly prefix?: string
  /**
   * How long Redis keeps a function's list of requests after the last push, in ms.
   * @defaultValue 120000
   */
  readonly requestExpireMs?: number
}

/**
 * The defaults of the options that {@link FunctionClientOptions} adds; the times are those of the
 * originals.
 */
export const FUNCTION_CLIENT_DEFAULTS = { responseTimeoutMs: 1_000, requestExpireMs: 120_000 } as const

/** {@link FunctionClientOptions}, checked and with the defaults filled in. */
export type FunctionClientSettings = Required<FunctionClientOptions>

/** @throws InvalidOptionError */
export function checkFunctionClientOptions(options: FunctionClientOptions): FunctionClientSettings {
  const { responseTimeoutMs, requestExpireMs } = FUNCTION_CLIENT_DEFAULTS
  const settings = {
    ...checkLinkEndOptions(options),
    ...checkMessageOptions(options),
    use: checkUse(options),
    prefix: checkPrefix(options.prefix),
    responseTimeoutMs: milliseconds('responseTimeoutMs', options.responseTimeoutMs, responseTimeoutMs),
    requestExpireMs: milliseconds('requestExpireMs', options.requestExpireMs, requestExpireMs),
  }
  knownOptions(options, Object.keys(settings))
  return settings
}

/** @throws InvalidOptionError */
export function checkFunctionCallOptions(options: FunctionCallOptions, fallbackMs: number): CallLimits {
  knownOptions(options, ['responseTimeoutMs', 'signal'])
  return {
    timeoutMs: milliseconds('responseTimeoutMs', options.responseTimeoutMs, fallbackMs),
    signal: abortSignal('signal', options.signal),
  }
}

/** @throws InvalidOptionError */
export function checkFunctionPushOptions(options: FunctionPushOptions): FunctionPushOptions {
  knownOptions(options, ['signal'])
  abortSignal('signal', options.signal)
  return options
}
