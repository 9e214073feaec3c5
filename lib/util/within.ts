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
