import { keyPrefixOf, type RedisLife } from '../../link/source.ts'

/**
 * Returns the remaining time of a field. iovalkey has no method for this, and adds its prefix only
 * to keys of commands that it knows.
 * @see https://redis.io/docs/latest/commands/hpttl/
 */
export function fieldTimeLeft(redis: RedisLife, hash: string, field: string): Promise<unknown> {
  if ('hpttl' in redis) return redis.hpttl(hash, 'FIELDS', 1, field)
  return (redis as RedisLife).call('HPTTL', keyPrefixOf(redis) + hash, 'FIELDS', 1, field)
}

/**
 * Writes a field and its expiry in one step.
 * @see https://redis.io/docs/latest/commands/hpexpire/
 */
export async function setField(
  redis: RedisLife,
  hash: string,
  field: string,
  text: string,
  ttlMs: number,
): Promise<void> {
  const transaction = redis.multi().hset(hash, field, text)
  if ('hpexpire' in redis) transaction.hpexpire(hash, ttlMs, 'FIELDS', 1, field)
  else transaction.call('HPEXPIRE', keyPrefixOf(redis) + hash, ttlMs, 'FIELDS', 1, field)
  for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error
}
