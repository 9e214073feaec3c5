import { BadPayload } from './bad-payload.ts'
import type { Budget } from './budget.ts'

/**
 * The members of a set of integers: bytes of each and how many, in 4 bytes, and the integers.
 * @throws BadPayload - if it is none
 */
export function intsetMembers(bytes: Buffer, budget: Budget): string[] {
  if (bytes.length < 8) throw new BadPayload('a set of integers is cut off')
  const width = bytes.readUInt32LE(0)
  const count = bytes.readUInt32LE(4)
  if ((width !== 2 && width !== 4 && width !== 8) || bytes.length !== 8 + width * count) {
    throw new BadPayload('a set of integers has a wrong length')
  }
  budget.spendElements(count)
  const members: string[] = []
  for (let at = 8; at < bytes.length; at += width) {
    members.push(String(width === 8 ? bytes.readBigInt64LE(at) : bytes.readIntLE(at, width)))
  }
  return members
}

const ZIPMAP_LONG = 254
const ZIPMAP_END = 255

/**
 * Names and values of a zipmap, in which Redis before 2.6 kept small hashes. The length of a value is followed by the
 * number of free bytes after the value.
 * @throws BadPayload - if it is none
 */
export function zipmapElements(bytes: Buffer, budget: Budget): string[] {
  const elements: string[] = []
  let at = 1
  while (at < bytes.length && bytes[at] !== ZIPMAP_END) {
    budget.spendElements(1)
    const isLong = bytes[at] === ZIPMAP_LONG
    if (isLong && at + 5 > bytes.length) throw DAMAGED
    const length = isLong ? bytes.readUInt32LE(at + 1) : bytes[at]!
    const isValue = elements.length % 2 === 1
    at += isLong ? 5 : 1
    const free = isValue ? (bytes[at++] ?? 0) : 0
    if (at + length + free >= bytes.length) throw DAMAGED
    elements.push(bytes.toString('latin1', at, at + length))
    at += length + free
  }
  if (at !== bytes.length - 1) throw DAMAGED
  return elements
}

const DAMAGED = new BadPayload('a zipmap is damaged')
