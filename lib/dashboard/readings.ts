import { clearTimeout, setTimeout } from '../util/timers.ts'
import { Refusal } from './refusal.ts'

/** How long one look at Redis may take, in ms. */
const LONGEST_MS = 10_000
/** How many looks there may be at once. */
const MOST_AT_ONCE = 64

/** Reads what one view shows, as JSON text. */
export type Read = () => Promise<string>

/**
 * Looks at Redis on behalf of viewers: those who want the same at the same time share one look, and
 * each look ends.
 */
export class Readings {
  readonly #underWay = new Map<string, Promise<string>>()

  /**
   * @param key names what is read
   * @throws Refusal when there are too many at once, or Redis does not answer in time
   * @throws what `read` throws
   */
  read(key: string, read: Read): Promise<string> {
    const shared = this.#underWay.get(key)
    if (shared !== undefined) return shared
    if (this.#underWay.size >= MOST_AT_ONCE)
      return Promise.reject(new Refusal(503, 'the dashboard is busy: try again in a moment', { 'retry-after': '1' }))
    const reading = inTime(read).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, reading)
    return reading
  }
}

function inTime(read: Read): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Refusal(504, `Redis did not answer within ${LONGEST_MS / 1_000} s`)),
      LONGEST_MS,
    )
    read()
      .finally(() => clearTimeout(timer))
      .then(resolve, reject)
  })
}
