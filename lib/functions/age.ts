/** The age of a request, computed from its timestamp. */

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/
const HOUR_MS = 3_600_000
/** Time zones differ by multiples of this. */
const ZONE_STEP_MS = HOUR_MS / 4
const EASTERNMOST_MS = 14 * HOUR_MS
const WESTERNMOST_MS = 12 * HOUR_MS
/** How far ahead the clock of a peer that sends no time zone may be. */
const AHEAD_MS = 60_000

/**
 * Whether a request is certainly too old. A request without a valid timestamp is not.
 *
 * Go and this library write a time zone. Python writes its local time without one, so the age is
 * only known up to multiples of a quarter of an hour; the request counts as too old if it is too
 * old in every zone. A recent request is never treated as old, wherever its client is. Some old
 * requests are treated as recent; the originals treat all requests so.
 *
 * @param ts the value of `ts` in the request
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
