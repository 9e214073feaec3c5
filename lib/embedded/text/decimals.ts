/** Beyond this many digits, those of a number halfway between two results are zeros. */
const ENOUGH_DIGITS = 30

/**
 * Writes a number as C's `%f` does with at least one decimal; a number halfway between two results
 * is rounded to the even digit.
 */
export function formatFixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : value < 0 ? '-inf' : 'nan'
  // JavaScript writes such numbers with an exponent.
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.${'0'.repeat(decimals)}`
  const exact = value.toFixed(decimals + ENOUGH_DIGITS)
  // JavaScript would round up here.
  const isInTheMiddle = /^50*$/.test(exact.slice(-ENOUGH_DIGITS))
  const lower = exact.slice(0, -ENOUGH_DIGITS)
  return isInTheMiddle && /[02468]$/.test(lower) ? lower : value.toFixed(decimals)
}

/** Writes a number for people, as Redis does: up to 17 decimals, no trailing zeros. */
export function formatHuman(value: number): string {
  const fixed = formatFixed(value, 17)
  const text = fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed
  return text === '-0' ? '0' : text
}
