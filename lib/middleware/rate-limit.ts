import { BusyError, type Middleware, type MiddlewareCall } from '../index.ts'
import { milliseconds, wholeNumber } from '../util/options.ts'
import { elapsedMs } from '../util/timers.ts'

/** Options of {@link rateLimit}. */
export interface RateLimitOptions {
  /** How many calls may be made in `intervalMs`, all at once if need be; at least 1. */
  readonly limit: number
  /** In ms; after a part of it the same part of `limit` is free again. @defaultValue 1000 */
  readonly intervalMs?: number
  /** Whose calls are counted together. @defaultValue on the way in each caller's, on the way out each service's; of tasks and events each queue's */
  readonly key?: (call: MiddlewareCall) => string
  /** The time in ms; for tests. @defaultValue a clock that never goes back */
  readonly now?: () => number
}

interface Bucket {
  free: number
  at: number
}

/** Whoever sends chooses the key, so no more of them are remembered; who is forgotten starts anew. */
const MOST_KEYS = 10_000

/**
 * Refuses calls beyond a rate with a `BusyError`: they have not run, so clients with the option `retry` try them again. It counts in this process
 * alone.
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
    // The one that was used last is the last.
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
