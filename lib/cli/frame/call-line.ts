import type { CallRecord } from '../../index.ts'
import { nameText, oneLine } from './safe-text.ts'

/** How many characters of an inbox distinguish callers. */
const ID_LENGTH = 12
const LONGEST_ERROR = 300

/** A call as one line of a list that grows: time, outcome, duration, method, caller, error. */
export function callLine({
  at,
  outcome,
  durationMs,
  method,
  access,
  kind,
  caller,
  error,
  sampled,
}: CallRecord): string {
  const what = access === 'call' ? method : `${access} ${method}`
  const columns = [
    timeOfDay(at),
    outcome.padEnd(7),
    durationText(durationMs).padStart(9),
    nameText(what).padEnd(16),
    kind === 'notify' ? 'notification' : `from ${nameText(caller.slice(-ID_LENGTH))}`,
  ]
  if (error !== undefined) columns.push(oneLine(`${error.name}: ${error.message}`, LONGEST_ERROR))
  if (sampled > 1) columns.push(`x${sampled}`)
  return columns.join('  ')
}

/** The local time, to the ms. */
function timeOfDay(at: number): string {
  const date = new Date(at)
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => pad(n, 2))
  return `${hours}:${minutes}:${seconds}.${pad(date.getMilliseconds(), 3)}`
}

function pad(n: number, digits: number): string {
  return String(n).padStart(digits, '0')
}

/** Three digits, and the unit that fits. */
function durationText(ms: number): string {
  if (ms === 0) return '-'
  if (ms < 1_000) return `${ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`
  const seconds = ms / 1_000
  return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(0)} s`
}
