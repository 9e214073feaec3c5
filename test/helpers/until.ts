import { setImmediate, setTimeout } from '../../lib/util/timers.ts'

/** Long enough for anything that happens at all. Without it a test that fails would keep the process alive. */
const GIVE_UP_MS = 40_000
/** What only this process and Redis do takes less; it is looked at on each turn of the event loop. */
const EAGER_MS = 5

/**
 * Waits until something holds. It looks again and again, but not without a pause: that would take the processor from the
 * process that the test waits for.
 */
export async function until(holds: () => unknown): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const lookedAt = performance.now()
    if (await holds()) return
    const now = performance.now()
    if (now - startedAt > GIVE_UP_MS) throw new Error(`waited in vain until ${holds}`)
    // A look that starts a process itself, as at a terminal, takes at most every other millisecond.
    const pauseMs = 1 + now - lookedAt
    await new Promise<void>((look) => {
      if (now - startedAt < EAGER_MS) setImmediate(look)
      else setTimeout(look, pauseMs)
    })
  }
}
