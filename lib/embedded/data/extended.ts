/**
 * Numbers as the 80-bit `long double` of C, with 64 bits of mantissa. INCRBYFLOAT computes with
 * them, so its results match Redis in every digit: 0.1 + 0.2 is 0.3 here, and 0.30000000000000004
 * in a double.
 *
 * The value is `mantissa * 2 ** exponent`.
 */
export interface Extended {
  readonly mantissa: bigint
  readonly exponent: number
}

const MANTISSA_BITS = 64
/** The range of decimal exponents of a `long double`. */
const LARGEST_POWER = 4932
const SMALLEST_POWER = -4931
const DECIMALS = 17n

/**
 * Reads a decimal number. Infinity and hexadecimal numbers, which Redis also reads, are not
 * supported here.
 * @returns `undefined` if it is not a number or out of range
 */
export function parseExtended(text: string): Extended | undefined {
  const match = /^([+-]?)([0-9]*)\.?([0-9]*)(?:e([+-]?[0-9]{1,8}))?$/i.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', power = '0'] = match
  if (whole === '' && fraction === '') return undefined
  const digits = (whole + fraction).replace(/^0+/, '')
  if (digits === '') return { mantissa: 0n, exponent: 0 }
  const scale = Number(power) - fraction.length
  const leading = scale + digits.length - 1
  if (leading > LARGEST_POWER || leading < SMALLEST_POWER) return undefined
  const number = BigInt(digits)
  const value = scale >= 0 ? round(number * 10n ** BigInt(scale), 1n) : round(number, 10n ** BigInt(-scale))
  return sign === '-' ? { mantissa: -value.mantissa, exponent: value.exponent } : value
}

export function addExtended(a: Extended, b: Extended): Extended {
  const exponent = Math.min(a.exponent, b.exponent)
  const sum = (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent))
  const rounded = round(sum < 0n ? -sum : sum, 1n)
  const mantissa = sum < 0n ? -rounded.mantissa : rounded.mantissa
  return { mantissa, exponent: rounded.exponent + exponent }
}

/** Writes the number as Redis does: up to 17 decimals, no trailing zeros. */
export function formatExtended({ mantissa, exponent }: Extended): string {
  const size = mantissa < 0n ? -mantissa : mantissa
  const scaled = size * 10n ** DECIMALS
  const units = exponent >= 0 ? scaled << BigInt(exponent) : divideToEven(scaled, 1n << BigInt(-exponent))
  const digits = units.toString().padStart(Number(DECIMALS) + 1, '0')
  const whole = digits.slice(0, -Number(DECIMALS))
  const fraction = digits.slice(-Number(DECIMALS)).replace(/0+$/, '')
  const text = fraction === '' ? whole : `${whole}.${fraction}`
  return mantissa < 0n && text !== '0' ? `-${text}` : text
}

/** The quotient, rounded to 64 bits of mantissa. */
function round(numerator: bigint, denominator: bigint): Extended {
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 }
  // The number of bits may be off by one; this is corrected below.
  let shift = MANTISSA_BITS - (bits(numerator) - bits(denominator))
  if (quotient(numerator, denominator, shift) >= 1n << BigInt(MANTISSA_BITS)) shift--
  const mantissa =
    shift >= 0
      ? divideToEven(numerator << BigInt(shift), denominator)
      : divideToEven(numerator, denominator << BigInt(-shift))
  return { mantissa, exponent: -shift }
}

function quotient(numerator: bigint, denominator: bigint, shift: number): bigint {
  return shift >= 0 ? (numerator << BigInt(shift)) / denominator : numerator / (denominator << BigInt(-shift))
}

function bits(value: bigint): number {
  return value.toString(2).length
}

function divideToEven(numerator: bigint, denominator: bigint): bigint {
  const whole = numerator / denominator
  const twice = (numerator % denominator) * 2n
  return twice > denominator || (twice === denominator && whole % 2n === 1n) ? whole + 1n : whole
}
