import { InvalidOptionError } from '../../errors.ts'
import { abortSignal, knownOptions, milliseconds, wholeNumber } from '../../util/options.ts'

/** How `process` runs its handler. */
export interface ProcessOptions {
  /**
   * How many handlers run at once; at least 1. No more items are taken than can run.
   * @defaultValue 1
   */
  readonly concurrency?: number
  /** Stops taking items once it fires; `process` resolves when running handlers have ended. */
  readonly signal?: AbortSignal
}

/** How `process` runs its handler for items that can be returned. */
export interface ReliableProcessOptions extends ProcessOptions {
  /**
   * How long an item waits after its handler threw, in ms, or a function that computes this from
   * the number of the failed attempt (1 for the first).
   * @defaultValue 1 s, doubled with every attempt, at most 60 s
   */
  readonly retryDelayMs?: number | ((attempt: number) => number)
}

/** {@link ReliableProcessOptions}, checked. */
export interface ProcessSettings {
  readonly concurrency: number
  readonly signal: AbortSignal | undefined
  readonly retryDelayMs: (attempt: number) => number
}

/** @throws InvalidOptionError */
export function checkProcessOptions(options: ReliableProcessOptions, others: readonly string[] = []): ProcessSettings {
  knownOptions(options, ['concurrency', 'signal', ...others])
  return {
    concurrency: wholeNumber('concurrency', options.concurrency, 1, 1),
    signal: abortSignal('signal', options.signal),
    retryDelayMs: retryDelay(options.retryDelayMs),
  }
}

function retryDelay(option: ReliableProcessOptions['retryDelayMs']): (attempt: number) => number {
  if (typeof option === 'function') return (attempt) => milliseconds('retryDelayMs()', option(attempt), 0, 0)
  if (option === undefined) return (attempt) => Math.min(1_000 * 2 ** (attempt - 1), 60_000)
  if (typeof option !== 'number') throw new InvalidOptionError('retryDelayMs', 'a time in ms or a function', option)
  const delayMs = milliseconds('retryDelayMs', option, 0, 0)
  return () => delayMs
}
