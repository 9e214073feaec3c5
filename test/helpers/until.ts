import { setImmediate } from 'node:timers/promises'

/** Long enough for anything that happens at all. Without it a test that fails would keep the process alive. */
const GIVE_UP_MS = 40_000

/** Waits, turn by turn of the event loop, until something holds. */
export async function until(holds: () => unknown): Promise<void> {
  const giveUpAt = performance.now() + GIVE_UP_MS
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain until ${holds}`)
    await setImmediate()
  }
}
