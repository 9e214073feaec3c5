import { isRpcError } from '../../errors.ts'
import { isPermanent, readFailure } from '../../link/redis-failure.ts'

/**
 * What Redis does not say is asked again after this time, then after twice as long, and so on up to
 * {@link LONGEST_PAUSE_MS}.
 */
export const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 500

/** The pause after one of this many ms. */
export function longer(pauseMs: number): number {
  return Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
}

/**
 * Whether Redis has definitely refused. In all other cases it may have done it or may still do it.
 */
export function isRefused(error: unknown): boolean {
  return !isRpcError(error) && isPermanent(readFailure(error))
}
