// Numbers and times as people read them.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export const NOTHING = '–'

/** @param {number | undefined | null} number */
export function count(number) {
  if (number === undefined || number === null) return NOTHING
  return number < 100_000 ? whole.format(number) : short.format(number)
}

/** @param {number | undefined | null} perSecond */
export function rate(perSecond) {
  if (perSecond === undefined || perSecond === null) return NOTHING
  if (perSecond === 0) return '0'
  return perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond))
}

/** @param {number | undefined | null} ms */
export function duration(ms) {
  if (ms === undefined || ms === null) return NOTHING
  if (ms < 1) return `${Number(ms.toFixed(2))} ms`
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : age(ms)
}

/** @param {number | undefined | null} ms */
export function age(ms) {
  if (ms === undefined || ms === null) return NOTHING
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}

/**
 * For how long the first of some things that wait has waited.
 * @param {{ waiting: number, oldestMs?: number }} backlog
 */
export function oldest({ waiting, oldestMs }) {
  return oldestMs === undefined && waiting > 0 ? 'unknown' : age(oldestMs)
}

/** @param {number} at ms since 1970 */
export function time(at) {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return NOTHING
  const clock = date.toLocaleTimeString('en-GB')
  return Date.now() - at < 86_400_000 / 2 ? clock : `${date.toISOString().slice(0, 10)} ${clock}`
}

/** @param {number} number @param {string} one @param {string} [many] */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`
}

/** A text that is JSON, laid out; any other as it is. @param {string} text */
export function laidOut(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
