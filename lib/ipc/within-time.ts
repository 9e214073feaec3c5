import type { Clock } from '../util/clock.ts'

/** Waits for some work, but no longer than `limitMs`; false when it was not done by then. A failure of the work counts as done. */
export async function withinTime(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(() => resolve(false), limitMs)
    const done = () => {
      clock.clearTimer(timer)
      resolve(true)
    }
    work.then(done, done)
  })
}
