/** The largest number that the generator gives. Redis divides by that. */
const RANGE = 2 ** 31 - 1
const MASK = 2n ** 48n - 1n
const FACTOR = 0x5deece66dn
const ADDEND = 0xbn

/** The generator behind `math.random`: POSIX's `lrand48`, of which Redis has its own copy. */
export class Random {
  /** Where it begins unless a script seeds it. One script goes on where the one before ended. */
  #state = 0x1234_abcd_330en

  /** Begins the sequence that belongs to a seed. */
  seed(value: number): void {
    this.#state = (BigInt(value >>> 0) << 16n) + 0x330en
  }

  /** A number from 0 to below 1. */
  next(): number {
    this.#state = (this.#state * FACTOR + ADDEND) & MASK
    return (Number(this.#state >> 17n) % RANGE) / RANGE
  }
}
