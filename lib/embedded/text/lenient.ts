import { parseDouble } from './numbers.ts'

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i
/** Smaller doubles lose digits, which C reports as out of range. */
const SMALLEST_NORMAL = 2.2250738585072014e-308

/**
 * Reads a floating-point number where Redis accepts whatever C's `strtod` does: it skips blanks,
 * stops at a NUL, and reads an empty text as 0.
 * @param range - whether a number out of range is refused or becomes the nearest one in range
 * @returns `undefined` if the text is not a number
 */
export function parseLenientDouble(text: string, range: 'refuse' | 'nearest'): number | undefined {
  const end = text.indexOf('\0')
  const whole = end === -1 ? text : text.slice(0, end)
  if (whole === '') return 0
  const number = whole.replace(/^[ \t-\r]+/, '')
  const value = parseDouble(number)
  if (range === 'nearest') return value ?? (DECIMAL.test(number) ? Number(number) : undefined)
  return value !== undefined && value !== 0 && Math.abs(value) < SMALLEST_NORMAL ? undefined : value
}
