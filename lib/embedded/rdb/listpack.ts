import { BadPayload } from './bad-payload.ts'
import type { Budget } from './budget.ts'

/** The header: the total number of bytes, then that of elements, or {@link UNCOUNTED}. */
const HEADER_BYTES = 6
const UNCOUNTED = 65535
const END = 0xff

/**
 * The elements of a listpack, integers as decimal text. Each is its encoding and value, then the
 * length of these:
 *
 * | first byte | value |
 * | --- | --- |
 * | `0iiiiiii` | 7 bits |
 * | `10llllll` | string |
 * | `110iiiii` | 13 bits, signed, with the next byte |
 * | `1110llll` | string, its length with the next byte |
 * | `11110000` | string, its length in 4 bytes |
 * | `11110001` … `11110100` | signed integer in 2, 3, 4 or 8 bytes |
 *
 * @throws BadPayload - if it is not a listpack
 */
export function listpackElements(bytes: Buffer, budget: Budget): string[] {
  const end = bytes.length - 1
  if (end < HEADER_BYTES || bytes.readUInt32LE(0) !== bytes.length || bytes[end] !== END) {
    throw new BadPayload('a listpack has a wrong length')
  }
  const counted = bytes.readUInt16LE(4)
  const elements: string[] = []
  let at = HEADER_BYTES
  while (at < end) {
    budget.spendElements(1)
    const { head, body } = formOf(bytes, at, end)
    const size = head + body
    const next = at + size + backLengthBytes(size)
    if (next > end) throw new BadPayload('an element of a listpack leads out')
    elements.push(elementAt(bytes, at, head, body))
    at = next
  }
  if (counted !== UNCOUNTED && counted !== elements.length) throw new BadPayload('a listpack has counted wrongly')
  return elements
}

/** The number of bytes before the value of an element, and of the value. */
function formOf(bytes: Buffer, at: number, end: number): { readonly head: number; readonly body: number } {
  const first = bytes[at]!
  if (first < 0x80) return { head: 1, body: 0 }
  if (first < 0xc0) return { head: 1, body: first & 0x3f }
  if (first < 0xe0) return { head: 1, body: 1 }
  if (first < 0xf0) return { head: 2, body: at + 1 < end ? ((first & 0x0f) << 8) | bytes[at + 1]! : Infinity }
  if (first === 0xf0) return { head: 5, body: at + 5 <= end ? bytes.readUInt32LE(at + 1) : Infinity }
  const body = INTEGER_BYTES[first - 0xf1]
  if (body === undefined) throw new BadPayload('an element of a listpack has no such form')
  return { head: 1, body }
}

const INTEGER_BYTES: readonly number[] = [2, 3, 4, 8]

function elementAt(bytes: Buffer, at: number, head: number, body: number): string {
  const first = bytes[at]!
  if (first < 0x80) return String(first)
  if (first >= 0xc0 && first < 0xe0) return String(((((first & 0x1f) << 8) | bytes[at + 1]!) << 19) >> 19)
  if (first <= 0xf0) return bytes.toString('latin1', at + head, at + head + body)
  if (body === 8) return String(bytes.readBigInt64LE(at + 1))
  return String(bytes.readIntLE(at + 1, body))
}

/** After an element comes its length, in groups of 7 bits. */
export function backLengthBytes(size: number): number {
  if (size <= 127) return 1
  if (size < 16383) return 2
  if (size < 2097151) return 3
  return size < 268435455 ? 4 : 5
}
