import { List } from '../data/list.ts'
import { RedisSet } from '../data/redis-set.ts'
import type { Value } from '../data/value.ts'
import { BadPayload } from './bad-payload.ts'
import type { ValueLimits } from './limits.ts'
import { listpackElements } from './listpack.ts'
import { intsetMembers, zipmapElements } from './old-packed.ts'
import { expiringHash, expiringHashOfListpack, hashOf } from './read-hash.ts'
import { packedScores, sortedSetOf, textScores } from './read-sorted-set.ts'
import { readStream } from './read-stream.ts'
import type { Reader } from './reader.ts'
import { NODE, TYPE } from './types.ts'
import { ziplistElements } from './ziplist.ts'

/**
 * Reads a complete value, or throws.
 * @param type - the type byte before it
 * @throws BadPayload - if it is not valid
 */
export function readValue(type: number, reader: Reader, limits: ValueLimits): Value {
  const read = READERS.get(type)
  if (read === undefined) throw new BadPayload(`no value has the type ${type}`)
  return read(reader, limits)
}

type Read = (reader: Reader, limits: ValueLimits) => Value

/** The limits for a value packed in one string: Redis does not check the size of its elements. */
const packed = <T extends { readonly entries: number }>({ entries }: T) => ({ entries, valueBytes: Infinity })

const READERS: ReadonlyMap<number, Read> = new Map<number, Read>([
  [TYPE.string, (reader) => reader.text()],
  [TYPE.list, (reader) => listOf(texts(reader, 1))],
  [TYPE.listZiplist, (reader) => listOf(ziplist(reader))],
  [TYPE.listOfZiplists, (reader) => listOf(nodes(reader, ziplist))],
  [TYPE.listOfListpacks, (reader) => listOf(nodes(reader, listNode))],
  [TYPE.set, (reader, limits) => setOf(texts(reader, 1), limits)],
  [TYPE.setIntegers, (reader, limits) => setOf(intsetMembers(reader.blob(), reader.budget), limits)],
  [TYPE.setListpack, (reader, limits) => setOf(listpack(reader), limits)],
  [TYPE.hash, (reader, limits) => hashOf(texts(reader, 2), limits.hash)],
  [TYPE.hashZipmap, (reader, limits) => hashOf(zipmapElements(reader.blob(), reader.budget), limits.hash)],
  [TYPE.hashZiplist, (reader, limits) => hashOf(ziplist(reader), packed(limits.hash))],
  [TYPE.hashListpack, (reader, limits) => hashOf(listpack(reader), packed(limits.hash))],
  [TYPE.hashExpiring, (reader, limits) => expiringHash(reader, limits.hash)],
  [TYPE.hashListpackExpiring, (reader, limits) => expiringHashOfListpack(reader, packed(limits.hash))],
  [TYPE.sortedSetWithTextScores, (reader, limits) => sortedSetOf(textScores(reader), limits.sortedSet)],
  [TYPE.sortedSet, (reader, limits) => sortedSetOf(scores(reader), limits.sortedSet)],
  [TYPE.sortedSetZiplist, (reader, limits) => sortedSetOf(packedScores(ziplist(reader)), packed(limits.sortedSet))],
  [TYPE.sortedSetListpack, (reader, limits) => sortedSetOf(packedScores(listpack(reader)), packed(limits.sortedSet))],
  [TYPE.stream, (reader) => readStream(reader, 1)],
  [TYPE.stream2, (reader) => readStream(reader, 2)],
  [TYPE.stream3, (reader) => readStream(reader, 3)],
])

function ziplist(reader: Reader): string[] {
  return ziplistElements(reader.blob(), reader.budget)
}

function listpack(reader: Reader): string[] {
  return listpackElements(reader.blob(), reader.budget)
}

/** The number of elements, then each element as this many strings. */
function* texts(reader: Reader, each: number): Generator<string> {
  for (let left = reader.count(each) * each; left > 0; left--) yield reader.text()
}

function* scores(reader: Reader): Generator<readonly [member: string, score: number]> {
  for (let left = reader.count(9); left > 0; left--) yield [reader.text(), reader.double()]
}

/** The elements of nodes that contain several each. */
function* nodes(reader: Reader, read: (reader: Reader) => readonly string[]): Generator<string> {
  for (let left = reader.count(1); left > 0; left--) yield* read(reader)
}

function listNode(reader: Reader): readonly string[] {
  const form = reader.length()
  if (form === NODE.plain) return [reader.text()]
  if (form !== NODE.packed) throw new BadPayload('a node of a list has no such form')
  return listpack(reader)
}

function listOf(elements: Iterable<string>): List {
  const list = new List()
  for (const element of elements) list.push(element)
  if (list.length === 0) throw EMPTY
  return list
}

function setOf(members: Iterable<string>, { setMaxIntegers }: ValueLimits): RedisSet {
  const set = new RedisSet()
  for (const member of members) if (!set.add(member, setMaxIntegers)) throw new BadPayload('a set has a member twice')
  if (set.size === 0) throw EMPTY
  return set
}

/** An empty value is not valid. */
const EMPTY = new BadPayload('it is empty')
