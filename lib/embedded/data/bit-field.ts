/** An integer of a given number of bits within a byte string. */
export interface FieldType {
  readonly signed: boolean
  readonly bits: number
}

/**
 * What happens to a value that does not fit: it wraps around, is clamped to the range, or is not
 * written.
 */
export type Overflow = 'WRAP' | 'SAT' | 'FAIL'

/** Reads an integer; bits beyond the end are 0. */
export function readField(bytes: Uint8Array, offset: number, { signed, bits }: FieldType): bigint {
  const first = Math.floor(offset / 8)
  const end = Math.floor((offset + bits - 1) / 8) + 1
  let value = 0n
  for (let at = first; at < end; at++) value = (value << 8n) | BigInt(bytes[at] ?? 0)
  value >>= BigInt(end * 8 - offset - bits)
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)
}

/** Writes the lowest bits of an integer; the bytes must exist. */
export function writeField(bytes: Uint8Array, offset: number, { bits }: FieldType, value: bigint): void {
  const end = Math.floor((offset + bits - 1) / 8) + 1
  const shift = BigInt(end * 8 - offset - bits)
  let rest = BigInt.asUintN(bits, value) << shift
  let mask = ((1n << BigInt(bits)) - 1n) << shift
  for (let at = end - 1; mask !== 0n; at--, mask >>= 8n, rest >>= 8n) {
    const byteMask = Number(mask & 255n)
    bytes[at] = (bytes[at]! & ~byteMask) | Number(rest & 255n)
  }
}

/** Makes a value fit; `undefined` if it does not fit and must not be written. */
export function narrow(value: bigint, { signed, bits }: FieldType, overflow: Overflow): bigint | undefined {
  const max = signed ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n
  const min = signed ? -max - 1n : 0n
  if (value >= min && value <= max) return value
  if (overflow === 'FAIL') return undefined
  if (overflow === 'SAT') return value > max ? max : min
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)
}
