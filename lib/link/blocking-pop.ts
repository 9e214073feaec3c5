import { keyPrefixOf, type RedisLife } from './source.ts'

/**
 * How long one pop waits. Short enough to notice soon that a connection is half-open; one more
 * round trip a second costs nothing.
 */
export const BLOCK_SECONDS = 1

/** What a pop brought; null: nothing came in time. */
export type Popped = [list: string, texts: string[]] | null

/**
 * Waits for messages on any of the lists, and takes up to `count` of one.
 * @see https://redis.io/docs/latest/commands/blmpop/
 */
export function blmpop(redis: RedisLife, keys: string[], end: 'left' | 'right', count: number): Promise<Popped> {
  return end === 'left'
    ? redis.blmpop(BLOCK_SECONDS, keys.length, keys, 'LEFT', 'COUNT', count)
    : redis.blmpop(BLOCK_SECONDS, keys.length, keys, 'RIGHT', 'COUNT', count)
}

/**
 * Emulates BLMPOP for Redis before 7: waits for one message, then takes the others that are there.
 */
export async function popWithoutBlmpop(
  redis: RedisLife,
  keys: string[],
  end: 'left' | 'right',
  count: number,
): Promise<Popped> {
  const first = await (end === 'left' ? redis.blpop(keys, BLOCK_SECONDS) : redis.brpop(keys, BLOCK_SECONDS))
  if (first === null) return null
  const [key, text] = first
  if (count === 1) return [key, [text]]
  const list = key.slice(keyPrefixOf(redis).length)
  // BLPOP has already returned a message, which a failure here must not lose.
  const more = await redis[end === 'left' ? 'lpop' : 'rpop'](list, count - 1).catch(() => null)
  return [key, more === null ? [text] : [text, ...more]]
}
