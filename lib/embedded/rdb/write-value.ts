import { Hash } from '../data/hash.ts'
import { List } from '../data/list.ts'
import { RedisSet } from '../data/redis-set.ts'
import { SortedSet } from '../data/sorted-set.ts'
import { Stream } from '../data/stream.ts'
import type { Value } from '../data/value.ts'
import { NEWEST_VERSION, RDB_VERSION, TYPE } from './types.ts'
import { writeStream } from './write-stream.ts'
import type { Writer } from './writer.ts'

/**
 * Writes the type and the value, in encodings that any Redis reads: Redis itself converts small
 * values when it loads them.
 * @returns the format version that introduced these encodings
 */
export function writeValue(writer: Writer, value: Value): number {
  if (typeof value === 'string') {
    writer.byte(TYPE.string)
    writer.text(value)
  } else if (value instanceof List) writeList(writer, value)
  else if (value instanceof RedisSet) writeSet(writer, value)
  else if (value instanceof Hash) return writeHash(writer, value)
  else if (value instanceof SortedSet) writeSortedSet(writer, value)
  else if (value instanceof Stream) {
    writer.byte(TYPE.stream2)
    writeStream(writer, value)
  } else throw new TypeError(`a ${value.type} cannot be serialized`)
  return RDB_VERSION
}

function writeList(writer: Writer, list: List): void {
  writer.byte(TYPE.list)
  writer.length(list.length)
  for (let i = 0; i < list.length; i++) writer.text(list.at(i))
}

function writeSet(writer: Writer, set: RedisSet): void {
  writer.byte(TYPE.set)
  writer.length(set.size)
  for (const member of set.members()) writer.text(member)
}

function writeSortedSet(writer: Writer, set: SortedSet): void {
  writer.byte(TYPE.sortedSet)
  writer.length(set.size)
  for (const { member, score } of set) {
    writer.text(member)
    writer.double(score)
  }
}

function writeHash(writer: Writer, hash: Hash): number {
  const first = hash.firstExpiry
  const expires = Number.isFinite(first)
  writer.byte(expires ? TYPE.hashExpiring : TYPE.hash)
  if (expires) writer.int64(BigInt(first))
  writer.length(hash.size)
  for (const [field, value] of hash.entries()) {
    const at = hash.expiryOf(field)
    // Relative to the first expiry, plus 1, because 0 means never.
    if (expires) writer.length(at === undefined ? 0 : at - first + 1)
    writer.text(field)
    writer.text(value)
  }
  return expires ? NEWEST_VERSION : RDB_VERSION
}
