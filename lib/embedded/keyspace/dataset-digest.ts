import { createHash } from 'node:crypto'
import { Hash } from '../data/hash.ts'
import { List } from '../data/list.ts'
import { RedisSet } from '../data/redis-set.ts'
import { SortedSet } from '../data/sorted-set.ts'
import { Stream } from '../data/stream.ts'
import { msOf, sequenceOf } from '../data/stream-id.ts'
import type { Aggregate } from '../data/value.ts'
import { formatDouble } from '../text/numbers.ts'
import type { Database } from './database.ts'
import type { KeyEntry } from './entry.ts'

const BYTES = 20

/** The number of each type in the digests of Redis. */
const STRING = 0
const LIST = 1
const SET = 2
const SORTED_SET = 3
const HASH = 4
const STREAM = 6

/** A digest of data in twenty bytes; equal data has equal digests. */
class Digest {
  #bytes: Buffer = Buffer.alloc(BYTES)

  /** Adds data whose order does not matter. */
  add(data: Buffer | string): void {
    const hash = sha1(data)
    for (let i = 0; i < BYTES; i++) this.#bytes[i]! ^= hash[i]!
  }

  /** Adds data whose order matters. */
  mix(data: Buffer | string): void {
    this.add(data)
    this.#bytes = sha1(this.#bytes)
  }

  get bytes(): Buffer {
    return this.#bytes
  }
}

/**
 * The digest of all data in forty hexadecimal digits, the same as DEBUG DIGEST of a Redis with this
 * data.
 */
export function digestOfAll(databases: readonly Database[]): string {
  const all = new Digest()
  for (const db of databases) {
    if (db.size === 0) continue
    all.mix(number(db.index))
    for (const entry of db.list()) {
      const digest = new Digest()
      digest.mix(entry.key)
      addValue(digest, entry)
      all.add(digest.bytes)
    }
  }
  return all.bytes.toString('hex')
}

/** The digest of a value, including whether it expires; zeros if there is no value. */
export function digestOfValue(entry: KeyEntry | undefined): string {
  const digest = new Digest()
  if (entry !== undefined) addValue(digest, entry)
  return digest.bytes.toString('hex')
}

function addValue(digest: Digest, { value, expiresAt }: KeyEntry): void {
  if (typeof value === 'string') {
    digest.mix(number(STRING))
    digest.mix(value)
  } else addAggregate(digest, value)
  if (expiresAt !== -1) digest.add('!!expire!!')
}

function addAggregate(digest: Digest, value: Aggregate): void {
  if (value instanceof List) {
    digest.mix(number(LIST))
    for (let i = 0; i < value.length; i++) digest.mix(value.at(i))
  } else if (value instanceof RedisSet) {
    digest.mix(number(SET))
    for (const member of value.members()) digest.add(member)
  } else if (value instanceof SortedSet) {
    digest.mix(number(SORTED_SET))
    for (const { member, score } of value) addPair(digest, member, formatDouble(score))
  } else if (value instanceof Hash) {
    digest.mix(number(HASH))
    for (const [field, text] of value.entries()) addPair(digest, field, text)
  } else if (value instanceof Stream) {
    digest.mix(number(STREAM))
    for (const { id, fields } of value.range(0n)) {
      // With a dot between the parts, not as clients see ids. Groups and deleted ids do not count.
      digest.mix(`${msOf(id)}.${sequenceOf(id)}`)
      for (const text of fields) digest.mix(text)
    }
  }
}

function addPair(digest: Digest, first: string, second: string): void {
  const pair = new Digest()
  pair.mix(first)
  pair.mix(second)
  digest.add(pair.bytes)
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function sha1(data: Buffer | string): Buffer {
  return createHash('sha1')
    .update(typeof data === 'string' ? Buffer.from(data, 'latin1') : data)
    .digest()
}
