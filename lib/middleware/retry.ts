import { InvalidOptionError, type Middleware, type MiddlewareCall } from '../index.ts'
import { type AbortListener, offAbort, onAbort } from '../util/abort.ts'
import { steadyClock } from '../util/clock.ts'
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
   * How long to wait before the second attempt, in ms; the wait doubles after each attempt. A call
   * whose deadline would pass during the wait fails at once, with the error of its last attempt.
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
        const waitMs = delayMs * 2 ** (attempt - 1)
        if (attempt >= attempts || call.signal?.aborted || !when(error, call) || isTooLate(call, waitMs)) throw error
        await pause(waitMs, call.signal)
      }
    }
  }
}

/** The caller would be told that its time is over, and not why the call failed. */
function isTooLate({ deadline }: MiddlewareCall, waitMs: number): boolean {
  return deadline !== undefined && steadyClock.now() + waitMs >= deadline
}

/** Ends early, without an error, when the caller aborts the call; the next attempt then fails. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const listener: AbortListener = { aborted: () => end() }
    const end = (): void => {
      clearTimeout(timer)
      if (signal !== undefined) offAbort(signal, listener)
      resolve()
    }
    // Whoever waits for the call keeps the process alive. Once its client is closed, nobody does.
    const timer = setTimeout(end, ms).unref()
    if (signal !== undefined) onAbort(signal, listener)
  })
}
