import { parseInt64 } from '../text/numbers.ts'

/** The size of an empty listpack of Redis: its header and its end. */
export const EMPTY_LISTPACK_BYTES = 7

/** Bytes that an integer takes in a listpack. */
export function integerBytes(value: bigint | number): number {
  if (value >= 0 && value <= 127) return 2
  if (value >= -4096 && value <= 4095) return 3
  if (value >= -32768 && value <= 32767) return 4
  if (value >= -8388608 && value <= 8388607) return 5
  if (value >= -2147483648 && value <= 2147483647) return 6
  return 10
}

/**
 * Bytes that a string takes in a listpack; one that reads as an integer is stored as an integer.
 */
export function stringBytes(text: string): number {
  const { length } = text
  if (length > 0 && length <= 20) {
    const first = text.charCodeAt(0)
    // An integer begins with a digit or a minus.
    const integer = first === 45 || (first >= 48 && first <= 57) ? parseInt64(text) : undefined
    if (integer !== undefined) return integerBytes(integer)
  }
  const encoded = length + (length < 64 ? 1 : length < 4096 ? 2 : 5)
  return encoded + backLengthBytes(encoded)
}

/** Each element is followed by its own length, in groups of 7 bits. */
function backLengthBytes(encoded: number): number {
  if (encoded <= 127) return 1
  if (encoded < 16383) return 2
  if (encoded < 2097151) return 3
  return encoded < 268435455 ? 4 : 5
}
