import { InvalidOptionError, type Middleware, type MiddlewareCall } from '../index.ts'
import { milliseconds, wholeNumber } from '../util/options.ts'
import { clearTimeout, setTimeout } from '../util/timers.ts'

/** Options of {@link retry}. */
export interface RetryMiddlewareOptions {
  /**
   * Whether a failed call is repeated. The method may have run, so return true only if it may run
   * twice.
   */
  readonly when: (error: unknown, call: MiddlewareCall) => boolean
  /** The number of attempts, including the first; at least 1. @defaultValue 3 */
  readonly attempts?: number
  /**
   * How long to wait before the second attempt, in ms; the wait doubles after each attempt.
   * @defaultValue 100
   */
  readonly delayMs?: number
}

/**
 * Repeats calls that failed with any error you choose. The option `retry` of clients is different:
 * it repeats only calls that have not run or may run twice, and decides that itself. Use this
 * middleware at one end only: retries at both ends multiply.
 *
 * @example
 * ```ts
 * import { RedisRPCClient } from 'redis-object-rpc'
 * import { retry } from 'redis-object-rpc/middleware'
 *
 * const isFlaky = (error: unknown) => error instanceof Error && error.message === 'upstream is away'
 * const client = new RedisRPCClient('redis://localhost', 'weather', { use: [retry({ when: isFlaky })] })
 * ```
 * @throws InvalidOptionError
 */
export function retry(options: RetryMiddlewareOptions): Middleware {
  const { when } = options
  if (typeof when !== 'function') throw new InvalidOptionError('when', 'a function', when)
  const attempts = wholeNumber('attempts', options.attempts, 3, 1)
  const delayMs = milliseconds('delayMs', options.delayMs, 100, 0)
  return async ({ call, next, again }) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await (attempt === 1 ? next() : again())
      } catch (error) {
        if (attempt >= attempts || call.signal?.aborted || !when(error, call)) throw error
        await pause(delayMs * 2 ** (attempt - 1), call.signal)
      }
    }
  }
}

/** Ends early, without an error, when the caller aborts the call; the next attempt then fails. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}
