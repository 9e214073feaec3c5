import type * as ioredis from 'ioredis'
import type * as ioredis5 from 'ioredis-5'
import type * as iovalkey from 'iovalkey'
import type { RedisClientType } from 'redis'
import type { RedisSource } from 'redis-object-rpc'

/** What may be given for Redis. */
export function accepted(
  ...clients: [
    ...[ioredis.Redis, ioredis.Cluster, ioredis.RedisOptions],
    ...[ioredis5.Redis, ioredis5.Cluster, ioredis5.RedisOptions],
    ...[iovalkey.Redis, iovalkey.Cluster, iovalkey.RedisOptions],
  ]
): RedisSource[] {
  const literals: RedisSource[] = [
    'redis://h',
    new URL('redis://h'),
    { host: 'h', port: 6380, db: 2 },
    { url: 'rediss://h', tls: { ca: 'text' } },
    { url: new URL('redis://h') },
    { sentinels: [{ host: 'h' }], name: 'main' },
  ]
  return [...literals, ...clients]
}

export function refused(nodeRedis: RedisClientType, promise: Promise<ioredis.Redis>): RedisSource[] {
  return [
    // @ts-expect-error a client of node-redis cannot be duplicated as one of ioredis
    nodeRedis,
    // @ts-expect-error a promise is to be awaited
    promise,
    // @ts-expect-error options of node-redis
    { socket: { host: 'h' } },
    // @ts-expect-error a misspelt option
    { hots: 'h' },
  ]
}
