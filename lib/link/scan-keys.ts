import type { Cluster } from 'ioredis'
import { keyPrefixOf, type RedisLife } from './source.ts'

/** Keys that one step of the search looks at. */
const SCAN_COUNT = 1_000

/**
 * The keys that match a glob pattern, without ioredis's key prefix. It looks at every key of the database, a thousand at a
 * time, and in a cluster at those of every master.
 * @see https://redis.io/docs/latest/commands/scan/
 */
export async function scanKeys(redis: RedisLife, pattern: string): Promise<Set<string>> {
  const prefix = keyPrefixOf(redis)
  // ioredis puts its prefix before keys, but not before a pattern.
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

/** Where keys are: of a cluster its masters. */
export function nodesOf(redis: RedisLife): readonly RedisLife[] {
  return redis.isCluster ? (redis as Cluster).nodes('master') : [redis]
}

/** A text that matches itself only. */
export function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]^]/g, '\\$&')
}
