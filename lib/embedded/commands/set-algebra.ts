import { countedKeys, keys } from '../catalog/key-spec.ts'
import { RedisSet } from '../data/redis-set.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply, SetReply } from '../resp/value.ts'
import { integerWithin } from './parse.ts'
import { storeOrDelete } from './store.ts'

/** @see https://redis.io/docs/latest/commands/sinter/ */
export const sinter: Command<[key: string, ...more: string[]]> = {
  name: 'sinter',
  arity: -2,
  group: 'set',
  since: '1.0.0',
  summary: 'Intersect multiple sets',
  complexity: 'O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  keys: [keys('RO access', { last: -1 })],
  run: ({ db }, argv) => new SetReply([...intersection(read(db, argv.slice(1)))]),
}

/** @see https://redis.io/docs/latest/commands/sinterstore/ */
export const sinterstore: Command<[destination: string, key: string, ...more: string[]]> = {
  name: 'sinterstore',
  arity: -3,
  group: 'set',
  since: '1.0.0',
  summary: 'Intersect multiple sets and store the resulting set in a key',
  complexity: 'O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.',
  flags: ['write', 'denyoom'],
  keys: [keys('RW update'), keys('RO access', { at: 2, last: -1 })],
  run: (client, argv) => store(client, argv, 'sinterstore', intersection),
}

/** @see https://redis.io/docs/latest/commands/sintercard/ */
export const sintercard: Command<[numkeys: string, key: string, ...more: string[]]> = {
  name: 'sintercard',
  arity: -3,
  group: 'set',
  since: '7.0.0',
  summary: 'Intersect multiple sets and return the cardinality of the result',
  complexity: 'O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.',
  flags: ['readonly'],
  keys: [countedKeys('RO access')],
  run({ db }, argv) {
    const numkeys = integerWithin(argv[1], 1, Infinity, 'numkeys should be greater than 0')
    if (numkeys > argv.length - 2) throw new ErrorReply("ERR Number of keys can't be greater than number of args")
    let limit = 0
    for (let i = 2 + numkeys; i < argv.length; i += 2) {
      if (argv[i]!.toUpperCase() !== 'LIMIT' || i + 1 >= argv.length) throw SYNTAX_ERROR
      limit = integerWithin(argv[i + 1]!, 0, Infinity, "LIMIT can't be negative")
    }
    let count = 0
    for (const _ of intersection(read(db, argv.slice(2, 2 + numkeys)))) if (++count === limit) break
    return count
  },
}

/** @see https://redis.io/docs/latest/commands/sunion/ */
export const sunion: Command<[key: string, ...more: string[]]> = {
  name: 'sunion',
  arity: -2,
  group: 'set',
  since: '1.0.0',
  summary: 'Add multiple sets',
  complexity: 'O(N) where N is the total number of elements in all given sets.',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  keys: [keys('RO access', { last: -1 })],
  run: ({ db, engine }, argv) =>
    new SetReply([...collect(union(read(db, argv.slice(1))), engine.config.setMaxIntegers).members()]),
}

/** @see https://redis.io/docs/latest/commands/sunionstore/ */
export const sunionstore: Command<[destination: string, key: string, ...more: string[]]> = {
  name: 'sunionstore',
  arity: -3,
  group: 'set',
  since: '1.0.0',
  summary: 'Add multiple sets and store the resulting set in a key',
  complexity: 'O(N) where N is the total number of elements in all given sets.',
  flags: ['write', 'denyoom'],
  keys: [keys('OW update'), keys('RO access', { at: 2, last: -1 })],
  run: (client, argv) => store(client, argv, 'sunionstore', union),
}

/** @see https://redis.io/docs/latest/commands/sdiff/ */
export const sdiff: Command<[key: string, ...more: string[]]> = {
  name: 'sdiff',
  arity: -2,
  group: 'set',
  since: '1.0.0',
  summary: 'Subtract multiple sets',
  complexity: 'O(N) where N is the total number of elements in all given sets.',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  keys: [keys('RO access', { last: -1 })],
  run: ({ db }, argv) => new SetReply([...difference(read(db, argv.slice(1)))]),
}

/** @see https://redis.io/docs/latest/commands/sdiffstore/ */
export const sdiffstore: Command<[destination: string, key: string, ...more: string[]]> = {
  name: 'sdiffstore',
  arity: -3,
  group: 'set',
  since: '1.0.0',
  summary: 'Subtract multiple sets and store the resulting set in a key',
  complexity: 'O(N) where N is the total number of elements in all given sets.',
  flags: ['write', 'denyoom'],
  keys: [keys('OW update'), keys('RO access', { at: 2, last: -1 })],
  run: (client, argv) => store(client, argv, 'sdiffstore', difference),
}

/** The sets of these keys, `undefined` where there is none. */
type Operands = readonly (RedisSet | undefined)[]

function read(db: Caller['db'], names: readonly string[]): Operands {
  return names.map((key) => db.get(key, RedisSet))
}

function store(
  client: Caller,
  argv: readonly string[],
  event: string,
  combine: (sets: Operands) => Iterable<string>,
): number {
  const result = collect(combine(read(client.db, argv.slice(2))), client.engine.config.setMaxIntegers)
  return storeOrDelete(client.db, argv[1]!, result, result.size, EVENT.set, event)
}

function collect(members: Iterable<string>, maxIntegers: number): RedisSet {
  const set = new RedisSet()
  for (const member of members) set.add(member, maxIntegers)
  return set
}

/** Members that are in all sets: looks up those of the smallest set in the others. */
function* intersection(sets: Operands): Generator<string> {
  const found = sets.filter((set) => set !== undefined)
  if (found.length < sets.length) return
  const [smallest, ...others] = found.sort((a, b) => a.size - b.size)
  for (const member of smallest!.members()) if (others.every((set) => set.has(member))) yield member
}

/** Members of one set after the other; a member may occur more than once. */
function* union(sets: Operands): Generator<string> {
  for (const set of sets) if (set !== undefined) yield* set.members()
}

/** Members of the first set that are in none of the others. */
function* difference([first, ...others]: Operands): Generator<string> {
  if (first === undefined) return
  for (const member of first.members()) if (!others.some((set) => set?.has(member))) yield member
}
