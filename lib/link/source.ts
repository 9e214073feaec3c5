import { type Cluster, Redis, type RedisOptions } from 'ioredis'
import { InvalidOptionError } from '../errors.ts'

/**
 * Where Redis is: an ioredis `Redis` or `Cluster` (borrowed: it is duplicated and never closed), a URL
 * (`redis://`, `rediss://`, `unix://`), or ioredis options (Sentinel too).
 */
export type RedisSource = Redis | Cluster | string | RedisOptions

/** One ioredis connection, to a single server or to a cluster. */
export type RedisLife = Redis | Cluster

/**
 * What every connection of ours has, whatever the user's own has. Each connection lives once: when it is lost, ioredis
 * rejects what was in flight, and {@link Connection} decides what happens next. Everything by which ioredis would send a
 * command again, or settle it while the server still works on it, is off: such a push would run a method twice, such a
 * pop would throw a message away.
 */
const ONE_LIFE = {
  lazyConnect: true,
  retryStrategy: null,
  reconnectOnError: null,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  enableAutoPipelining: false,
  enableOfflineQueue: false,
  // By INFO, which may be forbidden; {@link Connection} has a check of its own.
  enableReadyCheck: false,
  maxRetriesPerRequest: null,
  commandTimeout: undefined,
  blockingTimeout: undefined,
  socketTimeout: undefined,
  // A connection that is given up is gone at once: its socket may be half-open and never close by itself.
  disconnectTimeout: 0,
  // When no sentinel knows a master the life has ended; the next one asks them all again.
  sentinelRetryStrategy: () => null,
  role: 'master',
  monitor: false,
  readOnly: false,
  replyMapping: 'legacy',
  stringNumbers: false,
} satisfies RedisOptions

/** Checks a source at construction. @throws InvalidOptionError */
export function checkSource(source: unknown): RedisSource {
  if (typeof source === 'string' && source !== '') return checkUrl(source)
  if (typeof source === 'object' && source !== null && !Array.isArray(source)) return source as RedisSource
  throw new InvalidOptionError('redis', 'an ioredis Redis or Cluster, a URL or ioredis options', source)
}

/** What ioredis takes for a path of a socket, or fails at in the midst of connecting, is refused where it was written. */
function checkUrl(url: string): string {
  const [, scheme, path] = /^([a-z][a-z0-9+.-]*):\/\/[^/?]*(\/[^?]*)?/i.exec(url) ?? []
  const isRedis = scheme === undefined || /^(rediss?|unix)$/i.test(scheme)
  // In the address of a socket the path is its file.
  const hasDatabase = scheme?.toLowerCase() === 'unix' || /^\/?\d*$/.test(path ?? '')
  if (isRedis && (scheme === undefined || hasDatabase)) return url
  throw new InvalidOptionError('redis', 'a URL as redis://host:6379/0, rediss://… or unix://path', withoutPassword(url))
}

/** Makes a connection that is not connected yet and lives once. */
export function openLife(source: RedisSource, connectTimeoutMs: number): RedisLife {
  const once = { ...ONE_LIFE, connectTimeout: connectTimeoutMs }
  if (typeof source === 'string') return fromUrl(new Redis(source, once), once)
  if (!isClient(source)) return new Redis({ ...source, ...once, ...sentinelOptions(source, connectTimeoutMs) })
  if (!source.isCluster) {
    const redis = source as Redis
    return redis.duplicate({ ...once, ...sentinelOptions(redis.options, connectTimeoutMs) })
  }
  // A cluster's nodes connect on their own, so commands must be able to wait for them (its pool sees to that). A node that
  // was lost is not connected again by itself, since what was in flight on it would be neither sent nor rejected then;
  // `retryDelayOnFailover: 0` keeps it from being sent again.
  const { retryStrategy: _, enableOfflineQueue: __, readOnly: ___, lazyConnect: ____, ...redisOptions } = once
  return (source as Cluster).duplicate([], {
    lazyConnect: true,
    clusterRetryStrategy: () => null,
    clusterNodeRetryStrategy: null,
    retryDelayOnFailover: 0,
    shardedSubscribers: false,
    enableAutoPipelining: false,
    enableOfflineQueue: true,
    scaleReads: 'master',
    redisOptions,
  })
}

/** A sentinel that does not answer must leave time to ask the others. */
function sentinelOptions({ sentinels }: RedisOptions, connectTimeoutMs: number): { sentinelCommandTimeout?: number } {
  return sentinels ? { sentinelCommandTimeout: Math.ceil(connectTimeoutMs / (sentinels.length + 1)) } : {}
}

/** ioredis lets the query of a URL win over options; of what makes a life a single one nothing may be lost. */
function fromUrl(redis: Redis, once: RedisOptions): Redis {
  Object.assign(redis.options, once)
  return redis
}

/** Where a source points, for error messages: never a password. */
export function describeSource(source: RedisSource): string {
  if (typeof source === 'string') return withoutPassword(source)
  if (isClient(source) && source.isCluster) return 'the Redis cluster'
  const options = (isClient(source) ? source.options : source) as RedisOptions
  if (options.sentinels) return `Sentinel master ${options.name ?? ''}`
  return options.path ?? `${options.host ?? 'localhost'}:${options.port ?? 6379}`
}

function withoutPassword(url: string): string {
  return url.replace(/\?.*/s, '').replace(/\/\/.*@/s, '//')
}

/** Bytes a connection has brought so far; 0 where that is not known, as in a cluster. */
export function bytesReceived(life: RedisLife | undefined): number {
  return (life as { readonly stream?: { readonly bytesRead?: number } } | undefined)?.stream?.bytesRead ?? 0
}

/** The prefix ioredis puts before every key it sends; replies that name a key bear it. */
export function keyPrefixOf(life: RedisLife): string {
  const options = life.options as RedisOptions & { redisOptions?: RedisOptions }
  return String(options.keyPrefix ?? options.redisOptions?.keyPrefix ?? '')
}

/** `instanceof` would miss a client made by another installed copy of ioredis. */
function isClient(source: Exclude<RedisSource, string>): source is Redis | Cluster {
  return typeof (source as Redis).duplicate === 'function'
}
