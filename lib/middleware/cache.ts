import { createHash } from 'node:crypto'
import { serialize } from 'node:v8'
import { InvalidOptionError, type Middleware, type MiddlewareCall } from '../index.ts'
import { milliseconds } from '../util/options.ts'

/** What keeps results: a `Cache` of `redis-object-rpc/ipc` fits. */
export interface ResultCache {
  getOrSet(key: string, load: () => Promise<unknown>, options: { readonly ttlMs: number }): Promise<unknown>
}

/** Options of {@link cache}. */
export interface CacheMiddlewareOptions {
  /** The methods whose results are kept, by their full names. */
  readonly methods: readonly string[]
  /** How long a result is kept, in ms; at least 1. */
  readonly ttlMs: number
  /**
   * What calls must have in common to have the same result; undefined: this call is not cached.
   * @defaultValue service, method and arguments; calls with arguments that cannot be cloned are not cached
   */
  readonly key?: (call: MiddlewareCall) => string | undefined
}

/**
 * Keeps the results of methods in a cache that all processes share. Of calls that come at once, in whatever process, one is made and all get its
 * result. Errors are not kept, nor is `undefined`. At a client it saves the call, at a server the method's run.
 *
 * @example
 * ```ts
 * import { RedisRPCClient } from 'redis-object-rpc'
 * import { Cache } from 'redis-object-rpc/ipc'
 * import { cache } from 'redis-object-rpc/middleware'
 *
 * const results = new Cache<unknown>('redis://localhost', 'weather-results')
 * const use = [cache(results, { methods: ['forecast'], ttlMs: 60_000 })]
 * const weather = new RedisRPCClient<{ forecast(city: string): string }>('redis://localhost', 'weather', { use })
 * ```
 * @throws InvalidOptionError
 */
export function cache(results: ResultCache, options: CacheMiddlewareOptions): Middleware {
  const { key = keyOf } = options
  if (!Array.isArray(options.methods)) throw new InvalidOptionError('methods', 'an array of names', options.methods)
  const methods = new Set(options.methods)
  const ttlMs = milliseconds('ttlMs', options.ttlMs, 0)
  return ({ call, next }) => {
    if (call.kind !== 'call' || call.access !== 'call' || !methods.has(call.method)) return next()
    const name = key(call)
    return name === undefined ? next() : results.getOrSet(name, next, { ttlMs })
  }
}

function keyOf({ service, method, args }: MiddlewareCall): string | undefined {
  let bytes: Buffer
  try {
    bytes = serialize([service, method, args])
  } catch {
    return undefined
  }
  return `${service}.${method}:${createHash('sha256').update(bytes).digest('base64url')}`
}
