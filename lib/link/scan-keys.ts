import type { Cluster } from 'ioredis'
import { keyPrefixOf, type RedisLife } from './source.ts'

/** How many keys one step of the search checks. */
const SCAN_COUNT = 1_000

/**
 * Returns the keys that match a glob pattern, without ioredis's key prefix. It scans every key of
 * the database, a thousand at a time, and in a cluster those of every master.
 * @see https://redis.io/docs/latest/commands/scan/
 */
export async function scanKeys(redis: RedisLife, pattern: string): Promise<Set<string>> {
  const prefix = keyPrefixOf(redis)
  // ioredis adds its prefix to keys, but not to patterns.
  const prefixed = escapeGlob(prefix) + pattern
  const found = new Set<string>()
  for (const node of nodesOf(redis)) {
    let cursor = '0'
    do {
      const [next, keys] = await node.scan(cursor, 'MATCH', prefixed, 'COUNT', SCAN_COUNT)
      for (const key of keys) found.add(key.slice(prefix.length))
      cursor = next
    } while (cursor !== '0')
  }
  return found
}

/** The nodes that have keys: in a cluster, its masters. */
export function nodesOf(redis: RedisLife): readonly RedisLife[] {
  return redis.isCluster ? (redis as Cluster).nodes('master') : [redis]
}

/** Escapes a text so that it matches only itself. */
export function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]^]/g, '\\$&')
}
