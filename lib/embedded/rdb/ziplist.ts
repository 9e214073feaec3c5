import { BadPayload } from './bad-payload.ts'
import type { Budget } from './budget.ts'

/**
 * The header: the total number of bytes, the position of the last element, and the number of
 * elements, or {@link UNCOUNTED}.
 */
const HEADER_BYTES = 10
const UNCOUNTED = 65535
const END = 0xff

/**
 * The elements of a ziplist, the predecessor of listpacks in Redis before 7.0. Each element begins
 * with the length of the previous one, in one byte or five.
 * @throws BadPayload - if it is not a ziplist
 */
export function ziplistElements(bytes: Buffer, budget: Budget): string[] {
  const end = bytes.length - 1
  if (end < HEADER_BYTES || bytes.readUInt32LE(0) !== bytes.length || bytes[end] !== END) {
    throw new BadPayload('a ziplist has a wrong length')
  }
  const counted = bytes.readUInt16LE(8)
  const elements: string[] = []
  for (let at = HEADER_BYTES; at < end; ) {
    budget.spendElements(1)
    at += bytes[at]! < 254 ? 1 : 5
    if (at >= end) throw new BadPayload('an element of a ziplist leads out')
    const { head, body } = formOf(bytes, at, end)
    if (at + head + body > end) throw new BadPayload('an element of a ziplist leads out')
    elements.push(elementAt(bytes, at, head, body))
    at += head + body
  }
  if (counted !== UNCOUNTED && counted !== elements.length) throw new BadPayload('a ziplist has counted wrongly')
  return elements
}

/** The number of bytes before the value of an element, and of the value. */
function formOf(bytes: Buffer, at: number, end: number): { readonly head: number; readonly body: number } {
  const first = bytes[at]!
  if (first < 0x40) return { head: 1, body: first }
  if (first < 0x80) return { head: 2, body: at + 1 < end ? ((first & 0x3f) << 8) | bytes[at + 1]! : Infinity }
  if (first < 0xc0) return { head: 5, body: at + 5 <= end ? bytes.readUInt32BE(at + 1) : Infinity }
  const body = first > 0xf0 && first < 0xfe ? 0 : INTEGER_BYTES[first]
  if (body === undefined) throw new BadPayload('an element of a ziplist has no such form')
  return { head: 1, body }
}

const INTEGER_BYTES: Readonly<Record<number, number>> = { 192: 2, 208: 4, 224: 8, 240: 3, 254: 1 }

function elementAt(bytes: Buffer, at: number, head: number, body: number): string {
  const first = bytes[at]!
  if (first < 0xc0) return bytes.toString('latin1', at + head, at + head + body)
  if (body === 0) return String((first & 0x0f) - 1)
  if (body === 8) return String(bytes.readBigInt64LE(at + 1))
  return String(bytes.readIntLE(at + 1, body))
}
