export const MAX_INT64: bigint = 2n ** 63n - 1n
export const MIN_INT64: bigint = -(2n ** 63n)

const INTEGER = /^(?:0|-?[1-9][0-9]{0,18})$/

/**
 * Reads a 64 bit integer as strictly as Redis does: no blanks, no `+`, no leading zeros, no `-0`.
 * @returns `undefined` if the text is not an integer. Beyond 2^53 the result is rounded; {@link
 * parseInt64} is exact.
 */
export function parseInteger(text: string): number | undefined {
  const length = text.length
  // Nearly all are a few digits; parsing those here is several times faster than a regular
  // expression.
  if (length > 0 && length < 16) {
    let i = text.charCodeAt(0) === 45 ? 1 : 0
    const negative = i === 1
    const first = text.charCodeAt(i)
    if (first === 48) return length === 1 ? 0 : undefined
    if (i === length) return undefined
    let value = 0
    for (; i < length; i++) {
      const digit = text.charCodeAt(i) - 48
      if (digit < 0 || digit > 9) return undefined
      value = value * 10 + digit
    }
    return negative ? -value : value
  }
  const exact = parseInt64(text)
  return exact === undefined ? undefined : Number(exact)
}

/** As {@link parseInteger}, exact over the whole range. */
export function parseInt64(text: string): bigint | undefined {
  if (!INTEGER.test(text)) return undefined
  const value = BigInt(text)
  return value > MAX_INT64 || value < MIN_INT64 ? undefined : value
}

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i
const HEXADECIMAL = /^([+-]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?[0-9]+))?$/i
const INFINITE = /^([+-]?)inf(?:inity)?$/i

/**
 * Reads a floating-point number as Redis does with C's `strtod`: no blanks; hexadecimal and `inf`
 * are allowed.
 * @returns `undefined` if the text is not a number, is NaN, or is out of range.
 */
export function parseDouble(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text)
    // A number too small to distinguish from zero is out of range, as is one that is too large.
    if (value === 0 && /^[^e]*[1-9]/i.test(text)) return undefined
    return Number.isFinite(value) ? value : undefined
  }
  const infinite = INFINITE.exec(text)
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity
  const hex = HEXADECIMAL.exec(text)
  if (hex === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = hex
  if (whole === '' && fraction === '') return undefined
  const mantissa = Number(`0x${whole}${fraction}`)
  const value = mantissa * 2 ** (Number(exponent) - 4 * fraction.length)
  if (!Number.isFinite(value)) return undefined
  return sign === '-' ? -value : value
}

/**
 * Writes a double as C's `%.17g` does: 17 digits, no trailing zeros. Redis 7.0 writes scores like
 * this.
 */
export function formatDouble(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e17) return Object.is(value, -0) ? '-0' : value.toFixed(0)
  if (value === Infinity) return 'inf'
  if (value === -Infinity) return '-inf'
  if (Number.isNaN(value)) return 'nan'
  return formatDigits(value, 17)
}

/** Writes a finite double as C's `%g` does with this many digits: no trailing zeros. */
export function formatDigits(value: number, digits: number): string {
  const [mantissa, exponentText] = toDigits(value, digits).split('e') as [string, string]
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= digits) {
    const size = Math.abs(exponent).toString().padStart(2, '0')
    return `${trimZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${size}`
  }
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const all = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return trimZeros(`${sign}0.${'0'.repeat(-exponent - 1)}${all}`)
  return trimZeros(`${sign}${all.slice(0, exponent + 1)}.${all.slice(exponent + 1)}`)
}

/** Beyond this many digits, those of a number halfway between two results are zeros. */
const ENOUGH_DIGITS = 60

/**
 * As `toExponential`, but rounds a number halfway between two results to the even digit, as C does;
 * JavaScript rounds it up.
 */
function toDigits(value: number, digits: number): string {
  const rounded = value.toExponential(digits - 1)
  const last = rounded.indexOf('e') - 1
  const digit = rounded.charCodeAt(last) - 48
  if (digit % 2 === 0) return rounded
  const exact = value.toExponential(ENOUGH_DIGITS)
  const rest = exact.slice(last + 1).replace('.', '')
  if (!/^50*e/.test(rest)) return rounded
  return `${rounded.slice(0, last)}${digit - 1}${rounded.slice(last + 1)}`
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0*$/, '') : text
}
