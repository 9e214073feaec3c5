import type { RedisLife } from './source.ts'

/** The messages that one command pushes to one list. */
export interface Push {
  readonly list: string
  readonly texts: readonly string[]
  /** When the list expires after that, in ms; undefined: its expiry is unchanged. */
  readonly expireMs: number | undefined
}

/**
 * Pushes and sets each list's expiry in one MULTI, so that no list is ever left without its expiry.
 * Whole seconds use EXPIRE, as in the older systems.
 *
 * @returns for each push its error, or undefined if it arrived
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
