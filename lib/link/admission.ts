import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { isPermanent, readFailure } from './redis-failure.ts'
import type { RedisLife } from './source.ts'

/** The connection leads to a server that cannot be used, now or later. */
export class UnusableServerError extends Error {
  override readonly name = 'UnusableServerError'
}

/** Error replies to PING of a server that is not ready yet, or requires a password. */
const NOT_READY = /^(LOADING|MASTERDOWN|NOAUTH|WRONGPASS|DENIED|ERR max number of clients)\b/

/**
 * Checks a new connection before anything else is sent on it, in one round trip. ioredis would
 * continue in database 0 if the requested one does not exist, and needs INFO, which may be
 * forbidden, to learn whether the server is loading.
 *
 * The only required command is SELECT, and only for a database other than 0.
 *
 * @throws UnusableServerError, or the reason why it cannot be used yet
 * @see https://redis.io/docs/latest/commands/hello/
 */
export async function admit(life: RedisLife): Promise<void> {
  if (life.isCluster) return admitCluster(life as Cluster)
  const redis = life as Redis
  const { sentinels, db } = redis.options
  const [hello, ping, select] = await Promise.allSettled([
    redis.call('HELLO'),
    redis.ping(),
    db ? redis.select(db) : undefined,
  ])
  const about = hello.status === 'fulfilled' ? factsOf(hello.value) : {}
  if (about.mode === 'sentinel') throw new UnusableServerError(`it is a Sentinel: use ${formOf(redis, 'sentinel')}`)
  if (about.mode === 'cluster' && (await isOneOfMany(redis))) {
    throw new UnusableServerError(`it is a node of a Redis Cluster: use ${formOf(redis, 'cluster')}`)
  }
  if (ping.status === 'rejected' && isNoAnswer(ping.reason)) throw ping.reason
  if (select.status === 'rejected') throw forGood(select.reason)
  if (sentinels && /^(replica|slave)$/.test(String(about.role))) {
    throw new Error('the master that the Sentinel names is a replica just now')
  }
}

/** Clusters have one database, but for those of Valkey 9. */
async function admitCluster(cluster: Cluster): Promise<void> {
  const { db } = cluster.options.redisOptions as RedisOptions
  if (!db) return
  await Promise.all(cluster.nodes('master').map((node) => node.select(db))).catch((error: unknown) => {
    throw forGood(error)
  })
}

function forGood(error: unknown): unknown {
  return isPermanent(readFailure(error)) ? new UnusableServerError((error as Error).message, { cause: error }) : error
}

function isNoAnswer(error: Error): boolean {
  return readFailure(error) === 'lost' || NOT_READY.test(error.message)
}

/**
 * A cluster with a single node that has every slot can be used like any Redis. If asking is not
 * allowed, a MOVED error will show it.
 */
async function isOneOfMany(redis: Redis): Promise<boolean> {
  const info = await redis.cluster('INFO').catch(() => '')
  const size = /^cluster_size:(\d+)/m.exec(String(info))?.[1]
  return size !== undefined && size !== '1'
}

/** HELLO's reply, flat or as a map. */
function factsOf(reply: unknown): Record<string, unknown> {
  if (!Array.isArray(reply)) return Object(reply) as Record<string, unknown>
  const facts: [string, unknown][] = []
  for (let i = 0; i + 1 < reply.length; i += 2) facts.push([String(reply[i]), reply[i + 1]])
  return Object.fromEntries(facts)
}

/** The URL to use instead. */
function formOf({ options }: Redis, kind: 'cluster' | 'sentinel'): string {
  const host = options.host?.includes(':') ? `[${options.host}]` : options.host
  const url = `${options.tls ? 'rediss' : 'redis'}-${kind}://${host}:${options.port}`
  return kind === 'cluster' ? `${url} (more nodes after commas)` : `${url}/NAME_OF_THE_MASTER`
}
