import type { RedisLife } from '../link/source.ts'

/**
 * Runs commands on the inspector's connection. A connection that leaves them unanswered for some
 * seconds is closed, so long work runs in several turns.
 * @throws ConnectionError, DeliveryUnknownError, ClosedError
 */
export type Run = <T>(commands: (redis: RedisLife, redisNow: () => number) => Promise<T>) => Promise<T>
