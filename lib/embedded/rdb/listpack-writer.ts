import { parseInt64 } from '../text/numbers.ts'
import { backLengthBytes } from './listpack.ts'

const HEADER_BYTES = 6
const END = 0xff
/** A header cannot count this many elements or more. */
const MOST_COUNTED = 65535
/** Longest text of a 64 bit integer. */
const LONGEST_INTEGER = 20

/** Builds a listpack of a few elements, in the form that {@link listpackElements} reads. */
export class ListpackWriter {
  readonly #elements: Buffer[] = []
  #size = HEADER_BYTES + 1

  /** A string; one that reads as an integer is stored as an integer, as in Redis. */
  text(text: string): void {
    const integer = text.length <= LONGEST_INTEGER ? parseInt64(text) : undefined
    if (integer === undefined) this.#add(stringElement(text))
    else this.integer(integer)
  }

  integer(value: number | bigint): void {
    this.#add(integerElement(BigInt(value)))
  }

  finish(): Buffer {
    const head = Buffer.alloc(HEADER_BYTES)
    head.writeUInt32LE(this.#size, 0)
    head.writeUInt16LE(Math.min(this.#elements.length, MOST_COUNTED), 4)
    return Buffer.concat([head, ...this.#elements, Buffer.of(END)], this.#size)
  }

  #add(element: Buffer): void {
    const whole = Buffer.concat([element, backLength(element.length)])
    this.#elements.push(whole)
    this.#size += whole.length
  }
}

function stringElement(text: string): Buffer {
  const { length } = text
  const long = Buffer.of(0xf0, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff, length >>> 24)
  const head = length < 64 ? Buffer.of(0x80 | length) : length < 4096 ? Buffer.of(0xe0 | (length >> 8), length) : long
  return Buffer.concat([head, Buffer.from(text, 'latin1')])
}

function integerElement(value: bigint): Buffer {
  if (value >= 0n && value <= 127n) return Buffer.of(Number(value))
  const small = Number(value)
  if (value >= -4096n && value <= 4095n) return Buffer.of(0xc0 | ((small >> 8) & 0x1f), small & 0xff)
  for (const [i, bytes] of [2, 3, 4].entries()) {
    const half = 2 ** (bytes * 8 - 1)
    if (value < -half || value >= half) continue
    const element = Buffer.of(0xf1 + i, 0, 0, 0, 0).subarray(0, 1 + bytes)
    element.writeIntLE(small, 1, bytes)
    return element
  }
  const element = Buffer.of(0xf4, 0, 0, 0, 0, 0, 0, 0, 0)
  element.writeBigInt64LE(value, 1)
  return element
}

/**
 * Listpacks can be read backwards: the lowest bits come last, and all bytes but the first have the
 * highest bit set.
 */
function backLength(size: number): Buffer {
  const bytes = Buffer.alloc(backLengthBytes(size))
  for (let i = bytes.length - 1, rest = size; i >= 0; i--, rest >>= 7) bytes[i] = (rest & 127) | (i > 0 ? 128 : 0)
  return bytes
}
