import { isThenable } from '../util/running.ts'
import { thrownText } from '../wire/thrown.ts'
import type { Acknowledgeable, Held } from './held.ts'

/**
 * Runs a handler on something in hand: acknowledges it when the handler returns, sends it back when it throws, and does neither
 * when the handler has. What is acknowledged is not waited for: what Redis has not confirmed yet must not keep the next one waiting.
 *
 * @param delayMs how long it waits after its handler threw
 * @returns undefined when it has ended already
 */
export function handle<I extends Acknowledgeable, H extends Held<H> & I>(
  held: H,
  handler: (item: I) => unknown,
  delayMs: (attempt: number) => number,
  onError: (error: Error) => void,
): Promise<void> | undefined {
  try {
    const result = handler(held)
    if (isThenable(result)) {
      return Promise.resolve(result).then(
        () => held.done(),
        (thrown: unknown) => sendBack(held, thrown, delayMs, onError),
      )
    }
    held.done()
    return undefined
  } catch (thrown) {
    return sendBack(held, thrown, delayMs, onError)
  }
}

async function sendBack<H extends Held<H>>(
  held: H,
  thrown: unknown,
  delayMs: (attempt: number) => number,
  onError: (error: Error) => void,
): Promise<void> {
  if (!held.isHeld) return
  try {
    await held.nack({ reason: thrownText(thrown), delayMs: delayMs(held.attempt) })
  } catch (error) {
    onError(error as Error)
  }
}
