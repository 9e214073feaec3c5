import type { Value } from '../data/value.ts'
import { BadPayload } from './bad-payload.ts'
import { Budget } from './budget.ts'
import { crc64 } from './crc64.ts'
import type { ValueLimits } from './limits.ts'
import { readValue } from './read-value.ts'
import { Reader } from './reader.ts'
import { NEWEST_VERSION } from './types.ts'
import { writeValue } from './write-value.ts'
import { Writer } from './writer.ts'

/*
 * The result of DUMP:
 *
 * | bytes | |
 * | --- | --- |
 * | 1 | type |
 * | … | value |
 * | 2 | version of the format, least significant byte first |
 * | 8 | CRC64 of all preceding bytes, least significant byte first |
 */
const VERSION_BYTES = 2
const CHECKSUM_BYTES = 8
const FOOTER_BYTES = VERSION_BYTES + CHECKSUM_BYTES

/**
 * Serializes a value.
 * @param most - the maximum length in bytes
 * @throws TooLong - if the result is longer
 */
export function serialize(value: Value, most: number): string {
  const writer = new Writer(most)
  const version = writeValue(writer, value)
  writer.byte(version & 0xff)
  writer.byte(version >> 8)
  writer.bytes(crc64(writer.written))
  return writer.written.toString('latin1')
}

/** Whether a payload is intact, and of a supported version. */
export function isSound(payload: Buffer): boolean {
  if (payload.length < FOOTER_BYTES) return false
  const end = payload.length - CHECKSUM_BYTES
  if (payload.readUInt16LE(end - VERSION_BYTES) > NEWEST_VERSION) return false
  return crc64(payload.subarray(0, end)).equals(payload.subarray(end))
}

/**
 * Reads a payload that {@link isSound} has checked.
 * @param mostBytes - the maximum size of its expanded compressed parts
 * @throws BadPayload - if it is not a valid value
 */
export function deserialize(payload: Buffer, limits: ValueLimits, mostBytes: number): Value {
  const reader = new Reader(payload.subarray(0, -FOOTER_BYTES), new Budget(mostBytes))
  const value = readValue(reader.byte(), reader, limits)
  if (!reader.isAtEnd) throw new BadPayload('something follows the value')
  return value
}
