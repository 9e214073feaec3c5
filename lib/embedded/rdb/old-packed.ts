import { BadPayload } from './bad-payload.ts'
import type { Budget } from './budget.ts'

/**
 * The members of a set of integers: the size of an integer and their number, in 4 bytes each, then
 * the integers.
 * @throws BadPayload - if it is not an intset
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
 * The names and values of a zipmap, in which Redis before 2.6 stored small hashes. After the length
 * of a value comes the number of free bytes behind the value.
 * @throws BadPayload - if it is not a zipmap
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
