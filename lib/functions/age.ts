/** How old a request is, by the time it bears. */

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/
const HOUR_MS = 3_600_000
/** The zones of the world are multiples of this apart. */
const ZONE_STEP_MS = HOUR_MS / 4
const EASTERNMOST_MS = 14 * HOUR_MS
const WESTERNMOST_MS = 12 * HOUR_MS
/** How far ahead the clock of a peer without a zone may be. */
const AHEAD_MS = 60_000

/**
 * Whether a request is surely older than it may be. One without a readable time is not.
 *
 * Go, and this library, write a zone. Python writes its local time without one, so that its age is known but for multiples of a
 * quarter of an hour; it counts as too old if it is in every zone. A fresh request is never taken for an old one, wherever
 * its client is; some old ones are taken for fresh, as the originals take all.
 *
 * @param ts what the request has under `ts`
 * @param nowMs ms since 1970
 */
export function isTooOld(ts: unknown, nowMs: number, longestMs: number): boolean {
  if (typeof ts !== 'string') return false
  const zone = TIME.exec(ts)
  if (zone === null) return false
  if (zone[1] !== undefined) return nowMs - Date.parse(ts) > longestMs
  const ageInUtcMs = nowMs - Date.parse(`${ts}Z`)
  if (Number.isNaN(ageInUtcMs) || ageInUtcMs < -EASTERNMOST_MS) return false
  if (ageInUtcMs > WESTERNMOST_MS + longestMs) return true
  const youngestMs = ((ageInUtcMs % ZONE_STEP_MS) + ZONE_STEP_MS) % ZONE_STEP_MS
  return youngestMs > longestMs && youngestMs < ZONE_STEP_MS - AHEAD_MS
}
