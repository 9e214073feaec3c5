/** The multiplier of MurmurHash64A in two halves, and the seed that Redis uses. */
const FACTOR = { low: 0x5bd1e995, high: 0xc6a4a793 | 0 }
const SEED = 0xadc83b19 | 0
const HALF = 2 ** 32
/** The bits of a hash that choose the register. */
const INDEX_BITS = 14

/** The effect of an element on a HyperLogLog: it raises one register to at least this rank. */
export interface Mark {
  readonly register: number
  /** The position of the lowest set bit among the hash's other bits: 1 to 51. */
  readonly rank: number
}

export function markOf(element: string): Mark {
  const { low, high } = murmurHash64A(Buffer.from(element, 'latin1'))
  const restLow = (low >>> INDEX_BITS) | (high << (32 - INDEX_BITS))
  // An additional bit ends the count where none is set.
  const restHigh = (high >>> INDEX_BITS) | (1 << (32 - INDEX_BITS))
  const zeros = restLow === 0 ? 32 + trailingZeros(restHigh) : trailingZeros(restLow)
  return { register: low & ((1 << INDEX_BITS) - 1), rank: zeros + 1 }
}

function trailingZeros(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}

/** 64 bits as two signed halves: a BigInt would be many times slower. */
interface Long {
  low: number
  high: number
}

/** @see https://github.com/aappleby/smhasher */
export function murmurHash64A(bytes: Buffer): Readonly<Long> {
  const hash: Long = { low: bytes.length, high: 0 }
  multiply(hash)
  hash.low ^= SEED
  const whole = bytes.length & ~7
  const block: Long = { low: 0, high: 0 }
  for (let at = 0; at < whole; at += 8) {
    block.low = bytes.readInt32LE(at)
    block.high = bytes.readInt32LE(at + 4)
    multiply(block)
    mix(block)
    multiply(block)
    hash.low ^= block.low
    hash.high ^= block.high
    multiply(hash)
  }
  if (whole < bytes.length) {
    for (let at = whole; at < bytes.length; at++) {
      const place = at - whole
      if (place < 4) hash.low ^= bytes[at]! << (place * 8)
      else hash.high ^= bytes[at]! << ((place - 4) * 8)
    }
    multiply(hash)
  }
  mix(hash)
  multiply(hash)
  mix(hash)
  return hash
}

/** Multiplies by the multiplier, modulo 2^64. */
function multiply(value: Long): void {
  const { low, high } = value
  // The product of the lower halves takes 64 bits, so it is made of two products of 48 bits, which
  // are exact.
  const first = (low & 0xffff) * FACTOR.low
  const second = (low >>> 16) * FACTOR.low
  const sum = first + (second % 0x10000) * 0x10000
  const carry = Math.floor(sum / HALF) + Math.floor(second / 0x10000)
  value.low = sum | 0
  value.high = (carry + Math.imul(low, FACTOR.high) + Math.imul(high, FACTOR.low)) | 0
}

/** Mixes the upper bits into the lower ones: `value ^= value >> 47`. */
function mix(value: Long): void {
  value.low ^= value.high >>> 15
}
