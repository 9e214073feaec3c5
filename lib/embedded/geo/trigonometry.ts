import { Wide } from './wide.ts'

/*
 * Sine, cosine and arcsine as in C's library: the double nearest to the result, except in one of
 * some hundred cases. JavaScript's functions are off by one more often, which between places on
 * opposite sides of the Earth adds up to centimeters.
 */

/** A quarter turn to 48 digits. */
const QUARTER = [1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33] as const
/** Enough terms that the next one adds nothing to 32 digits, up to an eighth of a turn. */
const TERMS = 14

/** The coefficients of r², r⁴ and so on in the series of sin r / r and of cos r. */
const SINE: readonly Wide[] = coefficients(3)
const COSINE: readonly Wide[] = coefficients(2)

function coefficients(first: number): readonly Wide[] {
  let last = Wide.sum(1, 0)
  return Array.from({ length: TERMS }, (_, i) => {
    last = last.over(-(first + 2 * i - 1) * (first + 2 * i))
    return last
  })
}

/** The sine of an angle of up to a turn either way. */
export function sin(angle: number): number {
  return sinePlus(angle, 0).hi
}

/** The cosine of an angle of up to a turn either way. */
export function cos(angle: number): number {
  return sinePlus(angle, 1).hi
}

/** The angle with this sine, between 0 and a quarter turn. */
export function asin(sine: number): number {
  const near = Math.asin(sine)
  const slope = Math.cos(near)
  if (slope === 0 || Number.isNaN(near)) return near
  const missing = Wide.sum(sine, 0).plus(negative(sinePlus(near, 0)))
  return near + missing.hi / slope
}

/** The sine of an angle plus a number of quarter turns. */
function sinePlus(angle: number, quarters: number): Wide {
  const turned = Math.round(angle / QUARTER[0])
  let rest = Wide.sum(angle, -turned * QUARTER[0])
  for (const part of QUARTER.slice(1)) rest = rest.plus(Wide.sum(-turned * part, 0))
  const phase = (turned + quarters) & 3
  const value = (phase & 1) === 0 ? series(rest, SINE).times(rest) : series(rest, COSINE)
  return phase < 2 ? value : negative(value)
}

function series(angle: Wide, terms: readonly Wide[]): Wide {
  const square = angle.times(angle)
  let sum = terms[TERMS - 1]!
  for (let i = TERMS - 2; i >= 0; i--) sum = sum.times(square).plus(terms[i]!)
  return sum.times(square).plus(Wide.sum(1, 0))
}

function negative({ hi, lo }: Wide): Wide {
  return Wide.sum(-hi, -lo)
}
