import { InvalidOptionError } from '../errors.ts'
import { knownOptions, LONGEST_MS, milliseconds, wholeNumber } from '../util/options.ts'

/** How a failed call is retried. */
export interface RetryOptions {
  /** The number of attempts, including the first; at least 1. @defaultValue 3 */
  readonly attempts?: number
  /** How long to wait before the second attempt, in ms. @defaultValue 100 */
  readonly delayMs?: number
  /** The longest wait, in ms. @defaultValue 5000 */
  readonly maxDelayMs?: number
  /** The factor by which each wait is longer than the previous one; at least 1. @defaultValue 2 */
  readonly factor?: number
  /**
   * The random fraction of each wait, from 0 to 1, so that callers do not all retry at the same
   * time.
   * @defaultValue 0.5
   */
  readonly jitter?: number
}

/** {@link RetryOptions}, checked and with the defaults filled in. */
export type RetrySettings = Required<RetryOptions>

/** @throws InvalidOptionError */
export function checkRetry(retry: RetryOptions | undefined): RetrySettings | undefined {
  if (retry === undefined) return undefined
  knownOptions(retry, ['attempts', 'delayMs', 'maxDelayMs', 'factor', 'jitter'], 'retry')
  return {
    attempts: wholeNumber('attempts', retry.attempts, 3, 1),
    delayMs: milliseconds('delayMs', retry.delayMs, 100, 0),
    maxDelayMs: milliseconds('maxDelayMs', retry.maxDelayMs, 5_000, 0),
    factor: fraction('factor', retry.factor ?? 2, 1, LONGEST_MS),
    jitter: fraction('jitter', retry.jitter ?? 0.5, 0, 1),
  }
}

function fraction(option: string, value: number, minimum: number, maximum: number): number {
  if (typeof value === 'number' && value >= minimum && value <= maximum) return value
  throw new InvalidOptionError(option, `a number from ${minimum} to ${maximum}`, value)
}
