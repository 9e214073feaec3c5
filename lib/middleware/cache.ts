import { createHash } from 'node:crypto'
import { serialize } from 'node:v8'
import { InvalidOptionError, type Middleware, type MiddlewareCall } from '../index.ts'
import { milliseconds } from '../util/options.ts'

/** A store for results, such as a `Cache` of `redis-object-rpc/ipc`. */
export interface ResultCache {
  getOrSet(key: string, load: () => Promise<unknown>, options: { readonly ttlMs: number }): Promise<unknown>
}

/** Options of {@link cache}. */
export interface CacheMiddlewareOptions {
  /** The full names of the methods whose results are cached. */
  readonly methods: readonly string[]
  /** How long a result is cached, in ms; at least 1. */
  readonly ttlMs: number
  /**
   * Returns the cache key of a call; undefined: the call is not cached.
   * @defaultValue service, method and arguments; calls with arguments that cannot be cloned are not
   * cached
   */
  readonly key?: (call: MiddlewareCall) => string | undefined
}

/**
 * Caches the results of methods in a cache that all processes share. Of simultaneous calls, in any
 * process, only one is made and all get its result. Errors and `undefined` are not cached. At a
 * client it saves the call, at a server the run of the method. If the cache cannot be used, the call
 * is made without it.
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
    return name === undefined ? next() : throughCache(results, name, next, ttlMs)
  }
}

/** What the cache itself fails with, such as a lost connection, must not make the call fail. */
async function throughCache(results: ResultCache, key: string, next: () => Promise<unknown>, ttlMs: number) {
  let called: Promise<unknown> | undefined
  const load = (): Promise<unknown> => {
    called ??= next()
    return called
  }
  try {
    return await results.getOrSet(key, load, { ttlMs })
  } catch {
    return load()
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
