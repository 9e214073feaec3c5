/** The largest number that the generator returns. Redis divides by it. */
const RANGE = 2 ** 31 - 1
const MASK = 2n ** 48n - 1n
const FACTOR = 0x5deece66dn
const ADDEND = 0xbn

/** The generator behind `math.random`: POSIX's `lrand48`. Redis includes its own copy of it. */
export class Random {
  /**
   * The initial state. It lasts until a script sets a seed; each script continues where the last
   * one ended.
   */
  #state = 0x1234_abcd_330en

  /** Starts the sequence that belongs to a seed. */
  seed(value: number): void {
    this.#state = (BigInt(value >>> 0) << 16n) + 0x330en
  }

  /** A number from 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state * FACTOR + ADDEND) & MASK
    return (Number(this.#state >> 17n) % RANGE) / RANGE
  }
}
