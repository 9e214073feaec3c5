import type { KeyObject } from 'node:crypto'
import { checkUse, type MiddlewareOption } from '../chain/middleware.ts'
import type { Changes } from '../chain/outgoing.ts'
import { InvalidOptionError } from '../errors.ts'
import { type CallEndOptions, checkCallEndOptions } from '../link/options.ts'
import type { CallSettings } from '../rpc/calls/sent-call.ts'
import type { ReferenceClass } from '../rpc/objects/by-reference.ts'
import { checkStreamOptions, type StreamOptions } from '../rpc/streams/options.ts'
import {
  abortSignal,
  knownOptions,
  milliseconds,
  millisecondsOrInfinity,
  optionsObject,
  wholeNumber,
  wholeNumberOrInfinity,
} from '../util/options.ts'
import { checkDelivery, type Delivery } from '../wire/delivery.ts'
import { LONGEST_KEY, type RequestOptions } from '../wire/message.ts'
import { checkMetadata } from '../wire/metadata.ts'
import { checkMessageOptions, type MessageOptions } from '../wire/options.ts'
import { checkSecret, type SecretOption } from '../wire/signature.ts'
import { checkRetry, type RetryOptions, type RetrySettings } from './retry-options.ts'

/** How one call is made. */
export interface CallOptions {
  /**
   * How long to wait for the answer, in ms. After that the call is rejected, and no server starts
   * it any more.
   * @defaultValue 30000
   */
  readonly timeoutMs?: number
  /**
   * Ends the wait: the call is rejected with the signal's reason. A method that has started also
   * gets an abort signal, but runs to its end if it ignores that. `undefined` removes the signal of
   * a client made by `with`.
   */
  readonly signal?: AbortSignal | undefined
  /**
   * `at-most-once`: the method never runs twice; if its server dies, the call is rejected with a
   * `ServerLostError`. `at-least-once`: the call is sent again until it is answered, so the method
   * may run more than once.
   * @defaultValue 'at-most-once'
   */
  readonly delivery?: Delivery
  /**
   * Strings for the method's context, up to 16 384 characters in all. See
   * `redis-object-rpc/context`.
   */
  readonly metadata?: Readonly<Record<string, string>>
  /**
   * A key of 1 to 255 characters. Of all calls to the service with the same key only one runs, and
   * all get its result. If the method or the arguments differ, the call is refused with an
   * `IdempotencyError`. `undefined` removes the key of a client made by `with`.
   */
  readonly idempotencyKey?: string | undefined
  /** How long the result of a call with an `idempotencyKey` is kept, in ms. @defaultValue 86400000 (a day) */
  readonly idempotencyTtlMs?: number
  /**
   * Retries a call that failed without running. With an `idempotencyKey`, or with `at-least-once`
   * from the call or the server, it also retries a call that may have run. `timeoutMs` covers all
   * attempts together. `undefined` removes the retries of the client.
   * @defaultValue none
   */
  readonly retry?: RetryOptions | undefined
}

/** Options of {@link RedisRPCClient}. */
export interface RedisRPCClientOptions
  extends CallEndOptions,
    MessageOptions,
    StreamOptions,
    SecretOption,
    MiddlewareOption,
    Pick<CallOptions, 'timeoutMs' | 'retry'> {
  /**
   * `native` talks to servers of this library; `classic` sends exactly what the Python, Ruby and
   * PHP originals send, with a new reply list for each call.
   * @defaultValue 'native'
   */
  readonly dialect?: 'native' | 'classic'
  /**
   * How long the service may be without a server before waiting calls are withdrawn and rejected
   * with a `NoServerError`, in ms. 0: immediately; Infinity: calls wait for their time-out.
   * @defaultValue 10000
   */
  readonly noServerTimeoutMs?: number
  /**
   * How many requests may wait in the service's list; further calls are refused with a `BusyError`.
   * Every push returns the length of the list, so the check costs nothing. While the list is too
   * long, one call in 100 ms is sent to learn whether it has become shorter.
   * @defaultValue Infinity
   */
  readonly maxWaiting?: number
  /**
   * How many functions, objects and signals this client may lend to servers at once, and how many
   * it may borrow from them.
   * @defaultValue 100000
   */
  readonly maxReferences?: number
  /**
   * Classes whose instances are passed by reference instead of being copied or refused.
   * @defaultValue []
   */
  readonly references?: readonly ReferenceClass[]
}

/** The defaults of the options that {@link RedisRPCClientOptions} adds. */
export const CLIENT_DEFAULTS: Required<
  Pick<
    RedisRPCClientOptions,
    'timeoutMs' | 'dialect' | 'noServerTimeoutMs' | 'maxWaiting' | 'maxReferences' | 'references'
  >
> = {
  timeoutMs: 30_000,
  dialect: 'native',
  noServerTimeoutMs: 10_000,
  maxWaiting: Number.POSITIVE_INFINITY,
  maxReferences: 100_000,
  references: [],
}

/** {@link RedisRPCClientOptions}, checked and with the defaults filled in. */
export type ClientSettings = Required<Omit<RedisRPCClientOptions, 'retry' | 'secret'>> & {
  readonly retry: RetrySettings | undefined
  readonly secret: readonly KeyObject[]
}

/** @throws InvalidOptionError */
export function checkClientOptions(options: RedisRPCClientOptions): ClientSettings {
  optionsObject(options)
  const dialect = options.dialect ?? CLIENT_DEFAULTS.dialect
  if (dialect !== 'native' && dialect !== 'classic') {
    throw new InvalidOptionError('dialect', "'native' or 'classic'", dialect)
  }
  const settings = {
    ...checkCallEndOptions(options),
    ...checkMessageOptions(options),
    ...checkStreamOptions(options),
    timeoutMs: milliseconds('timeoutMs', options.timeoutMs, CLIENT_DEFAULTS.timeoutMs),
    dialect,
    retry: checkRetry(options.retry),
    noServerTimeoutMs: millisecondsOrInfinity(
      'noServerTimeoutMs',
      options.noServerTimeoutMs,
      CLIENT_DEFAULTS.noServerTimeoutMs,
      0,
    ),
    maxWaiting: wholeNumberOrInfinity('maxWaiting', options.maxWaiting, CLIENT_DEFAULTS.maxWaiting, 0),
    maxReferences: wholeNumber('maxReferences', options.maxReferences, CLIENT_DEFAULTS.maxReferences, 0),
    references: options.references ?? CLIENT_DEFAULTS.references,
    secret: checkSecret(options),
    use: checkUse(options),
  }
  if (dialect === 'classic' && settings.secret.length > 0)
    throw new InvalidOptionError('secret', 'left out in the classic dialect, which has no signatures', settings.secret)
  knownOptions(options, Object.keys(settings))
  return settings
}

/** {@link CallOptions}, checked. */
export interface CheckedCallOptions extends CallSettings {
  readonly given: Pick<CallOptions, 'delivery' | 'metadata' | 'idempotencyKey' | 'idempotencyTtlMs'>
  readonly retry: RetrySettings | undefined
}

/** How long results are kept by default, in ms. */
const IDEMPOTENCY_TTL_MS = 24 * 60 * 60_000

/** The options of calls without options of their own. */
export function baseCallOptions({ timeoutMs, retry }: Pick<ClientSettings, 'timeoutMs' | 'retry'>): CheckedCallOptions {
  return { timeoutMs, signal: undefined, options: undefined, isAskedAfter: true, given: {}, retry }
}

/** Checks call options and merges them into others. @throws InvalidOptionError */
export function checkCallOptions(options: CallOptions, base: CheckedCallOptions): CheckedCallOptions {
  knownOptions(options, ['timeoutMs', 'signal', 'delivery', 'metadata', 'idempotencyKey', 'idempotencyTtlMs', 'retry'])
  const given = {
    ...base.given,
    ...(options.delivery !== undefined && { delivery: checkDelivery(options.delivery) }),
    ...(options.metadata !== undefined && { metadata: checkMetadata(options.metadata) }),
    ...('idempotencyKey' in options && { idempotencyKey: checkKey(options.idempotencyKey) }),
    ...(options.idempotencyTtlMs !== undefined && {
      idempotencyTtlMs: milliseconds('idempotencyTtlMs', options.idempotencyTtlMs, IDEMPOTENCY_TTL_MS),
    }),
  }
  return {
    timeoutMs: milliseconds('timeoutMs', options.timeoutMs, base.timeoutMs),
    signal: 'signal' in options ? abortSignal('signal', options.signal) : base.signal,
    options: requestOptions(given),
    isAskedAfter: true,
    given,
    retry: 'retry' in options ? checkRetry(options.retry) : base.retry,
  }
}

/** Most calls use the defaults, and then their requests have no options at all. */
function requestOptions(given: CheckedCallOptions['given']): RequestOptions | undefined {
  const { delivery, metadata, idempotencyKey: key, idempotencyTtlMs: ttlMs = IDEMPOTENCY_TTL_MS } = given
  if (delivery !== 'at-least-once' && metadata === undefined && key === undefined) return undefined
  return {
    ...(delivery === 'at-least-once' && { delivery }),
    ...(metadata !== undefined && { metadata }),
    ...(key !== undefined && { idempotency: { key, ttlMs } }),
  }
}

/**
 * The options of a call that middleware has changed.
 * @throws InvalidOptionError when its metadata is invalid
 */
export function changedOptions(
  options: CheckedCallOptions,
  { changedMetadata: metadata, attempt, timeoutMs }: Changes,
): CheckedCallOptions {
  if (metadata === undefined && attempt === 1) {
    return timeoutMs === options.timeoutMs ? options : { ...options, timeoutMs }
  }
  const given = metadata === undefined ? options.given : { ...options.given, metadata: checkMetadata(metadata) }
  const sent = requestOptions(given)
  return { ...options, timeoutMs, given, options: attempt === 1 ? sent : { ...sent, attempt } }
}

function checkKey(key: unknown): string | undefined {
  if (key === undefined || (typeof key === 'string' && key !== '' && key.length <= LONGEST_KEY)) return key
  throw new InvalidOptionError('idempotencyKey', `a string of 1 to ${LONGEST_KEY} characters`, key)
}
