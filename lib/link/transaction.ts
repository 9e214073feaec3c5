import type { RedisLife } from './source.ts'

/** What one command pushes to one list. */
export interface Push {
  readonly list: string
  readonly texts: readonly string[]
  /** How long the list lives from then on, in ms; undefined: its expiry stays as it is. */
  readonly expireMs: number | undefined
}

/**
 * Pushes, and sets each list's expiry behind its push, all in one MULTI: no list is ever left without its expiry.
 * Whole seconds are set by EXPIRE, as the older systems do.
 *
 * @returns for each push why it failed, or undefined when it arrived
 * @see https://redis.io/docs/latest/develop/interact/transactions/
 */
export async function pushInTransaction(
  redis: RedisLife,
  command: 'rpush' | 'lpush',
  pushes: readonly Push[],
): Promise<unknown[]> {
  const transaction = redis.multi()
  const positions: number[] = []
  for (const { list, texts, expireMs } of pushes) {
    positions.push(transaction.length - 1) // its MULTI is the first
    transaction[command](list, ...texts)
    if (expireMs === undefined) continue
    if (expireMs % 1_000 === 0) transaction.expire(list, expireMs / 1_000)
    else transaction.pexpire(list, expireMs)
  }
  try {
    const results = await transaction.exec()
    return positions.map((position) => results?.[position]?.[0] ?? undefined)
  } catch (error) {
    return pushes.map(() => error)
  }
}
