import type { RedisLife } from '../../link/source.ts'
import type { RedisType } from '../commands.ts'
import { type EntryKeys, hashEntryKeys, ownEntryKeys } from '../keys.ts'
import { setField } from './field-expiry.ts'
import type { CacheLayout } from './options.ts'

/** Where the entries of a cache are stored, and the commands for them. */
export interface Layout {
  readonly name: CacheLayout
  /** Redis type of the keys that store entries. */
  readonly type: RedisType
  /** Letter of `notify-keyspace-events` for writes of an entry. */
  readonly eventClass: 'h' | '$'
  keys(field: string): EntryKeys
  get(redis: RedisLife, field: string): Promise<string | null>
  /** Whether the entry exists: 1 or 0. */
  exists(redis: RedisLife, field: string): Promise<number>
  /** How many entries were deleted: 1 or 0. */
  delete(redis: RedisLife, field: string): Promise<number>
  /** Writes an entry with its expiry in one step. */
  set(redis: RedisLife, field: string, text: string, ttlMs: number | undefined): Promise<void>
}

/** The layout of redis_ipc. */
export function hashLayout(cache: string): Layout {
  return {
    name: 'hash',
    type: 'hash',
    eventClass: 'h',
    keys: (field) => hashEntryKeys(cache, field),
    get: (redis, field) => redis.hget(cache, field),
    exists: (redis, field) => redis.hexists(cache, field),
    delete: (redis, field) => redis.hdel(cache, field),
    async set(redis, field, text, ttlMs) {
      if (ttlMs === undefined) {
        // Writing a field removes its expiry.
        await redis.hset(cache, field, text)
        return
      }
      await setField(redis, cache, field, text, ttlMs)
    },
  }
}

/** A key for each entry. */
export function keysLayout(cache: string): Layout {
  const home = (field: string) => ownEntryKeys(cache, field).home
  return {
    name: 'keys',
    type: 'string',
    eventClass: '$',
    keys: (field) => ownEntryKeys(cache, field),
    get: (redis, field) => redis.get(home(field)),
    exists: (redis, field) => redis.exists(home(field)),
    delete: (redis, field) => redis.del(home(field)),
    async set(redis, field, text, ttlMs) {
      if (ttlMs === undefined) await redis.set(home(field), text)
      else await redis.set(home(field), text, 'PX', ttlMs)
    },
  }
}
