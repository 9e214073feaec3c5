import type { Clock } from './clock.ts'
import { deferred } from './deferred.ts'

/** What `work` gives, or the error that `late` makes once `limitMs` have passed. */
export async function within<T>(clock: Clock, limitMs: number, work: Promise<T>, late: () => unknown): Promise<T> {
  const tooLate = deferred<never>()
  const timer = clock.setTimer(() => tooLate.reject(late()), limitMs)
  try {
    return await Promise.race([work, tooLate.promise])
  } finally {
    clock.clearTimer(timer)
  }
}

/** Waits until `work` has ended in whatever way, but no longer than `limitMs`. */
export async function waitAtMost(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  await within(clock, limitMs, work, () => undefined).catch(() => {})
}
