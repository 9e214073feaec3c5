import { Hash } from '../data/hash.ts'
import { List } from '../data/list.ts'
import { RedisSet } from '../data/redis-set.ts'
import { SortedSet } from '../data/sorted-set.ts'
import { Stream } from '../data/stream.ts'
import type { Aggregate } from '../data/value.ts'
import type { KeyEntry } from '../keyspace/entry.ts'
import { formatDouble } from '../text/numbers.ts'
import { dumpStream } from './dump-stream.ts'

/** Elements that one command adds, as in Redis: few enough that loading it causes no long pause. */
const PER_COMMAND = 64

type Commands = Generator<readonly string[], void, undefined>

/**
 * The commands that recreate a key where it does not exist. The key must not change until all of
 * them are taken.
 */
export function* dump(entry: KeyEntry): Commands {
  const { key, value } = entry
  if (typeof value === 'string') yield ['SET', key, value]
  else yield* dumpAggregate(key, value)
  if (entry.expiresAt !== -1) yield ['PEXPIREAT', key, String(entry.expiresAt)]
}

function* dumpAggregate(key: string, value: Aggregate): Commands {
  if (value instanceof List) yield* inBatches('RPUSH', key, elementsOf(value))
  else if (value instanceof Hash) yield* dumpHash(key, value)
  else if (value instanceof RedisSet) yield* inBatches('SADD', key, each(value.members()))
  else if (value instanceof SortedSet) yield* inBatches('ZADD', key, scoresOf(value))
  else if (value instanceof Stream) yield* dumpStream(key, value)
  else throw new TypeError(`a ${value.type} cannot be written to the append-only file`)
}

function* inBatches(command: string, key: string, items: Iterable<readonly string[]>): Commands {
  let argv = [command, key]
  let count = 0
  for (const item of items) {
    argv.push(...item)
    if (++count % PER_COMMAND !== 0) continue
    yield argv
    argv = [command, key]
  }
  if (argv.length > 2) yield argv
}

function* elementsOf(list: List): Generator<readonly string[]> {
  for (let i = 0; i < list.length; i++) yield [list.at(i)]
}

function* each(members: Iterable<string>): Generator<readonly string[]> {
  for (const member of members) yield [member]
}

function* scoresOf(set: SortedSet): Generator<readonly string[]> {
  for (const { member, score } of set) yield [formatDouble(score), member]
}

function* dumpHash(key: string, hash: Hash): Commands {
  yield* inBatches('HSET', key, hash.entries())
  if (hash.perishable === undefined) return
  for (const field of hash.fields()) {
    const at = hash.expiryOf(field)
    if (at !== undefined) yield ['HPEXPIREAT', key, String(at), 'FIELDS', '1', field]
  }
}
