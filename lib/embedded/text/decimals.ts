/** Digits beyond which those of a number that lies in the middle between two results are zeros. */
const ENOUGH_DIGITS = 30

/** Writes a number as C's `%f` does with that many decimals, one at least; what lies in the middle goes to the even digit. */
export function formatFixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : value < 0 ? '-inf' : 'nan'
  // JavaScript writes numbers like these with an exponent.
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.${'0'.repeat(decimals)}`
  const exact = value.toFixed(decimals + ENOUGH_DIGITS)
  // Here JavaScript rounds up.
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
