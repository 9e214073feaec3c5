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
 * What DUMP answers:
 *
 * | bytes | |
 * | --- | --- |
 * | 1 | type |
 * | … | value |
 * | 2 | version of the format, the lower byte first |
 * | 8 | CRC64 of all before it, the lowest byte first |
 */
const VERSION_BYTES = 2
const CHECKSUM_BYTES = 8
const FOOTER_BYTES = VERSION_BYTES + CHECKSUM_BYTES

/**
 * Serializes a value.
 * @param most - bytes that it may come to
 * @throws TooLong - if it comes to more
 */
export function serialize(value: Value, most: number): string {
  const writer = new Writer(most)
  const version = writeValue(writer, value)
  writer.byte(version & 0xff)
  writer.byte(version >> 8)
  writer.bytes(crc64(writer.written))
  return writer.written.toString('latin1')
}

/** Whether a payload is whole, and of a version that is known here. */
export function isSound(payload: Buffer): boolean {
  if (payload.length < FOOTER_BYTES) return false
  const end = payload.length - CHECKSUM_BYTES
  if (payload.readUInt16LE(end - VERSION_BYTES) > NEWEST_VERSION) return false
  return crc64(payload.subarray(0, end)).equals(payload.subarray(end))
}

/**
 * Reads a payload that is sound.
 * @param mostBytes - what its compressed parts may come to
 * @throws BadPayload - if it is not a value
 */
export function deserialize(payload: Buffer, limits: ValueLimits, mostBytes: number): Value {
  const reader = new Reader(payload.subarray(0, -FOOTER_BYTES), new Budget(mostBytes))
  const value = readValue(reader.byte(), reader, limits)
  if (!reader.isAtEnd) throw new BadPayload('something follows the value')
  return value
}
