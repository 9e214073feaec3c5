import { setImmediate } from 'node:timers/promises'

/** Waits, turn by turn of the event loop, until something holds. Mocha's time-out ends it when it never does. */
export async function until(holds: () => unknown): Promise<void> {
  while (!(await holds())) await setImmediate()
}
