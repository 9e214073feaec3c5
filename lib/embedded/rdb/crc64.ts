/** The Jones polynomial, bit-reversed, in two halves: BigInt would be a hundred times slower. */
const POLYNOMIAL = { low: 0xac4bc9b5, high: 0x95ac9329 }

const LOW = new Int32Array(256)
const HIGH = new Int32Array(256)
for (let byte = 0; byte < 256; byte++) {
  let low = byte
  let high = 0
  for (let bit = 0; bit < 8; bit++) {
    const odd = (low & 1) === 1
    low = (low >>> 1) | ((high & 1) << 31)
    high >>>= 1
    if (!odd) continue
    low ^= POLYNOMIAL.low
    high ^= POLYNOMIAL.high
  }
  LOW[byte] = low
  HIGH[byte] = high
}

/** A checksum in progress. */
export class Crc64 {
  #low = 0
  #high = 0

  add(bytes: Uint8Array): void {
    let low = this.#low
    let high = this.#high
    for (let i = 0; i < bytes.length; i++) {
      const at = (low ^ bytes[i]!) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ LOW[at]!
      high = (high >>> 8) ^ HIGH[at]!
    }
    this.#low = low
    this.#high = high
  }

  /** The checksum as 8 bytes, least significant first, as at the end of RDB files. */
  digest(): Buffer {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeInt32LE(this.#low, 0)
    bytes.writeInt32LE(this.#high, 4)
    return bytes
  }
}

/** The checksum that Redis appends to a serialized value. */
export function crc64(bytes: Uint8Array): Buffer {
  const crc = new Crc64()
  crc.add(bytes)
  return crc.digest()
}
