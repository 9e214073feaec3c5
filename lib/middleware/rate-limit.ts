import { BusyError, type Middleware, type MiddlewareCall } from '../index.ts'
import { milliseconds, wholeNumber } from '../util/options.ts'
import { elapsedMs } from '../util/timers.ts'

/** Options of {@link rateLimit}. */
export interface RateLimitOptions {
  /** How many calls are allowed in `intervalMs`, even all at once; at least 1. */
  readonly limit: number
  /**
   * The interval in ms. Capacity is restored gradually: after a part of the interval, the same part
   * of `limit` is available again.
   * @defaultValue 1000
   */
  readonly intervalMs?: number
  /**
   * Calls with the same key are counted together.
   * @defaultValue the caller for incoming calls, the service for outgoing calls, the queue or
   * stream for tasks and events
   */
  readonly key?: (call: MiddlewareCall) => string
  /** Returns the time in ms; for tests. @defaultValue a monotonic clock */
  readonly now?: () => number
}

interface Bucket {
  free: number
  at: number
}

/**
 * The sender may choose the key, so only this many are remembered; a forgotten key starts again
 * with its full limit.
 */
const MOST_KEYS = 10_000

/**
 * Refuses calls beyond a rate with a `BusyError`. They have not run, so clients with the option
 * `retry` retry them. It counts only the calls of this process.
 *
 * @example
 * ```ts
 * import { RedisRPCServer } from 'redis-object-rpc'
 * import { rateLimit } from 'redis-object-rpc/middleware'
 *
 * const key = (call: { metadata: Record<string, string> }) => call.metadata.tenant ?? ''
 * new RedisRPCServer('redis://localhost', 'reports', {}, { use: [rateLimit({ limit: 10, key })] })
 * ```
 * @throws InvalidOptionError
 */
export function rateLimit(options: RateLimitOptions): Middleware {
  const limit = wholeNumber('limit', options.limit, 0, 1)
  const intervalMs = milliseconds('intervalMs', options.intervalMs, 1_000)
  const { key = keyOf, now = elapsedMs } = options
  const buckets = new Map<string, Bucket>()
  return ({ call, next }) => {
    const name = key(call)
    const at = now()
    const bucket = buckets.get(name) ?? { free: limit, at }
    bucket.free = Math.min(limit, bucket.free + ((at - bucket.at) / intervalMs) * limit)
    bucket.at = at
    // Keep the most recently used one at the end.
    buckets.delete(name)
    buckets.set(name, bucket)
    if (buckets.size > MOST_KEYS) buckets.delete(buckets.keys().next().value ?? '')
    if (bucket.free < 1) throw new BusyError(call.service, `more than ${limit} calls in ${intervalMs} ms`)
    bucket.free--
    return next()
  }
}

function keyOf({ direction, caller, message, service }: MiddlewareCall): string {
  return direction === 'incoming' && message === undefined ? (caller ?? '') : service
}
