import { parseDouble } from './numbers.ts'

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i
/** Below this a double loses digits, which C reports as out of range. */
const SMALLEST_NORMAL = 2.2250738585072014e-308

/**
 * Reads a floating point number where Redis trusts C's `strtod`: up to a NUL, after blanks, nothing at all being 0.
 * @param range - whether what is out of range is refused, or becomes the nearest that is not
 * @returns `undefined` if the text is none
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
