import { HEADER_BYTES, REGISTER_BITS } from './layout.ts'

const MASK = (1 << REGISTER_BITS) - 1

/**
 * A register of the dense form. Registers are packed from the lowest bit of the first byte on, so
 * one may span two bytes.
 */
export function readRegister(bytes: Uint8Array, register: number): number {
  const bit = register * REGISTER_BITS
  const at = HEADER_BYTES + (bit >> 3)
  return ((((bytes[at + 1] ?? 0) << 8) | bytes[at]!) >> (bit & 7)) & MASK
}

export function writeRegister(bytes: Uint8Array, register: number, rank: number): void {
  const bit = register * REGISTER_BITS
  const at = HEADER_BYTES + (bit >> 3)
  const pair = ((bytes[at + 1] ?? 0) << 8) | bytes[at]!
  const changed = (pair & ~(MASK << (bit & 7))) | (rank << (bit & 7))
  bytes[at] = changed
  // The last register ends with the last byte.
  if (at + 1 < bytes.length) bytes[at + 1] = changed >> 8
}
