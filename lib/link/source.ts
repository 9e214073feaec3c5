import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { connectionName, validName } from './connection-name.ts'
import { type GivenOptions, readOptions, refuse } from './given-options.ts'
import { type NodeAddress, parseRedisUrl } from './redis-url.ts'

/**
 * The members that a client you pass must have, for a single server, Sentinel or a Cluster. Clients
 * of ioredis 5 and 6 and iovalkey have them.
 */
export interface RedisClient {
  readonly status: string
  readonly options: object
  readonly isCluster?: boolean
  duplicate(...args: never[]): object
}

/**
 * How to reach Redis: a URL (`redis://`, `redis-cluster://`, `redis-sentinel://`, each with TLS as
 * `rediss…`, and `unix://`), ioredis options (which may include a `url`), or a client of ioredis or
 * iovalkey, which is duplicated and never closed.
 */
export type RedisSource = RedisClient | string | URL | GivenOptions

/** A validated {@link RedisSource}, and how to connect to it. */
export interface RedisAddress {
  /** For messages: never a password. */
  readonly description: string
  readonly isCluster: boolean
  /** Creates a connection that is not connected yet and never reconnects. */
  open(connectTimeoutMs: number): RedisLife
}

/** One ioredis connection, to a single server or to a cluster. */
export type RedisLife = Redis | Cluster

/**
 * Options of all connections of this library, whatever the user's client has. Each ioredis client
 * connects once: when the connection is lost, ioredis rejects commands in flight, and
 * {@link Connection} decides what happens next. All options that make ioredis send a command again,
 * or settle it while the server still works on it, are off: such a push could run a method twice,
 * and such a pop could lose a message.
 */
const ONE_LIFE = {
  lazyConnect: true,
  retryStrategy: null,
  reconnectOnError: null,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  enableAutoPipelining: false,
  enableOfflineQueue: false,
  // It uses INFO, which may be forbidden; {@link Connection} has its own check.
  enableReadyCheck: false,
  maxRetriesPerRequest: null,
  commandTimeout: undefined,
  blockingTimeout: undefined,
  socketTimeout: undefined,
  // Drop an abandoned connection immediately: its socket may be half-open and never close by
  // itself.
  disconnectTimeout: 0,
  // If no sentinel knows a master, this client ends; the next one asks them all again.
  sentinelRetryStrategy: () => null,
  role: 'master',
  monitor: false,
  readOnly: false,
  replyMapping: 'legacy',
  stringNumbers: false,
} satisfies RedisOptions

/**
 * Options of all connections to a cluster. Its nodes connect separately, so commands must be able
 * to wait for them (the pool does this). A lost node does not reconnect by itself, since commands
 * in flight would then be neither sent nor rejected; `retryDelayOnFailover: 0` prevents them from
 * being sent again.
 */
const CLUSTER_LIFE = {
  lazyConnect: true,
  clusterRetryStrategy: () => null,
  clusterNodeRetryStrategy: null,
  retryDelayOnFailover: 0,
  shardedSubscribers: false,
  enableAutoPipelining: false,
  enableOfflineQueue: true,
  scaleReads: 'master',
} satisfies ClusterOptions

/**
 * Checks a source at construction.
 * @param name - with `role` the purpose of the connections, shown in CLIENT LIST
 * @throws InvalidOptionError
 */
export function checkSource(source: RedisSource, name: string, role: string): RedisAddress {
  const ours = connectionName(name, role)
  if (typeof source === 'string' && source.trim() !== '') return given({ url: source }, ours)
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return refuse(source)
  if ('href' in source && typeof source.href === 'string') return given({ url: source.href }, ours)
  if (!('duplicate' in source)) return given(readOptions(source), ours)
  // `instanceof` would miss a client made by another installed copy of ioredis; one of node-redis has no status.
  const { duplicate, status, options } = source
  const isClient = typeof duplicate === 'function' && typeof status === 'string' && typeof options === 'object'
  return isClient ? borrowed(source, ours) : refuse(source)
}

function given({ url, ...beside }: GivenOptions, ours: string): RedisAddress {
  const said = url === undefined ? undefined : parseRedisUrl(String(url))
  const merged = { ...beside, ...said?.options } as RedisOptions
  const tls = said?.isTls ? tlsOf(merged) : {}
  const options = { ...merged, ...tls, connectionName: validName(merged.connectionName ?? ours) }
  const { nodes, description = describe(options) } = said ?? {}
  return {
    description,
    isCluster: nodes !== undefined,
    open: (connectTimeoutMs) =>
      nodes === undefined
        ? new Redis({ ...options, ...serverLife(options, connectTimeoutMs) })
        : openCluster(nodes, options, connectTimeoutMs),
  }
}

/** Sentinels are assumed to use TLS if the masters do. */
function tlsOf({ tls = {}, sentinelTLS = tls, sentinels }: RedisOptions): RedisOptions {
  return sentinels ? { tls, sentinelTLS, enableTLSForSentinelMode: true } : { tls }
}

function openCluster(nodes: readonly NodeAddress[], options: RedisOptions, connectTimeoutMs: number): Cluster {
  return new Cluster([...nodes], {
    ...CLUSTER_LIFE,
    // A certificate is valid for a name, not for the address behind the name.
    ...(options.tls && {
      dnsLookup: (host: string, found: (error: null, address: string) => void) => found(null, host),
    }),
    redisOptions: { ...options, ...nodeLife(connectTimeoutMs) },
  })
}

function borrowed(client: RedisClient, ours: string): RedisAddress {
  if (client.isCluster) {
    const cluster = client as unknown as Cluster
    const name = validName(cluster.options.redisOptions?.connectionName ?? ours)
    return {
      description: 'the Redis cluster',
      isCluster: true,
      open: (connectTimeoutMs) =>
        cluster.duplicate([], {
          ...CLUSTER_LIFE,
          redisOptions: { ...nodeLife(connectTimeoutMs), connectionName: name },
        }),
    }
  }
  const redis = client as unknown as Redis & { readonly condition?: { readonly select?: number } }
  const { options } = redis
  const fixed = {
    // The current database: the options do not reflect a SELECT.
    db: redis.condition?.select ?? (options.db as number),
    connectionName: validName(options.connectionName ?? ours),
  }
  return {
    description: describe({ ...options, ...fixed }),
    isCluster: false,
    open: (connectTimeoutMs) => redis.duplicate({ ...serverLife(options, connectTimeoutMs), ...fixed }),
  }
}

function serverLife({ sentinels }: RedisOptions, connectTimeoutMs: number) {
  const once = { ...ONE_LIFE, connectTimeout: connectTimeoutMs }
  // A sentinel that does not answer must leave time to ask the others.
  return sentinels ? { ...once, sentinelCommandTimeout: Math.ceil(connectTimeoutMs / (sentinels.length + 1)) } : once
}

function nodeLife(connectTimeoutMs: number) {
  const { retryStrategy: _, enableOfflineQueue: __, readOnly: ___, lazyConnect: ____, ...life } = ONE_LIFE
  return { ...life, connectTimeout: connectTimeoutMs }
}

function describe({ sentinels, name, path, host = 'localhost', port = 6_379, db }: RedisOptions): string {
  const database = db ? `/${db}` : ''
  if (sentinels) return `Sentinel master ${name ?? ''}${database}`
  return path ?? `${host}:${port}${database}`
}

/** How many bytes a connection has received so far; 0 if unknown, as in a cluster. */
export function bytesReceived(life: RedisLife | undefined): number {
  return (life as { readonly stream?: { readonly bytesRead?: number } } | undefined)?.stream?.bytesRead ?? 0
}

/** The prefix that ioredis adds to every key it sends; keys in replies have it too. */
export function keyPrefixOf(life: RedisLife): string {
  const options = life.options as RedisOptions & { redisOptions?: RedisOptions }
  return String(options.keyPrefix ?? options.redisOptions?.keyPrefix ?? '')
}
