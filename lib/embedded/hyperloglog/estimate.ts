import { REGISTERS } from './layout.ts'

/** The ranks that a register can have, including 0. */
const MOST_RANK = 51
/** Half of 1 / ln 2. */
const ALPHA = 0.7213475204444817

/**
 * The number of distinct elements that these registers indicate, by the estimator of Otmar Ertl,
 * which needs neither tables nor corrections for small and large numbers.
 * @param histogram - how many registers there are of each rank
 * @see https://arxiv.org/abs/1702.01284
 */
export function estimate(histogram: ArrayLike<number>): number {
  let z = REGISTERS * tau((REGISTERS - histogram[MOST_RANK]!) / REGISTERS)
  for (let rank = MOST_RANK - 1; rank >= 1; rank--) z = (z + histogram[rank]!) * 0.5
  z += REGISTERS * sigma(histogram[0]! / REGISTERS)
  return Math.round((ALPHA * REGISTERS * REGISTERS) / z)
}

/** What the registers at 0 add. */
function sigma(x: number): number {
  if (x === 1) return Infinity
  let power = x
  let weight = 1
  let sum = x
  for (let before = Number.NaN; sum !== before; weight += weight) {
    power *= power
    before = sum
    sum += power * weight
  }
  return sum
}

/** What the registers at the highest rank subtract. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0
  let root = x
  let weight = 1
  let sum = 1 - x
  for (let before = Number.NaN; sum !== before; ) {
    root = Math.sqrt(root)
    before = sum
    weight *= 0.5
    sum -= (1 - root) * (1 - root) * weight
  }
  return sum / 3
}
