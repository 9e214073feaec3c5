import { keys } from '../catalog/key-spec.ts'
import { Hash, type HashLimits } from '../data/hash.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { wrongArity } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply, MapReply, OK } from '../resp/value.ts'
import { addFloatsInHash, addIntegers, parseIncrement } from './counter.ts'
import { bigInteger } from './parse.ts'

/** The hash of a key, created if there is none. */
function takeOrAdd({ db }: Caller, key: string): Hash {
  let hash = db.takeAs(key, Hash)
  if (hash === undefined) {
    hash = new Hash()
    db.add(key, hash)
  }
  return hash
}

function limits({ engine: { config } }: Caller): HashLimits {
  return { entries: config.hashMaxEntries, valueBytes: config.hashMaxValueBytes }
}

/** @see https://redis.io/docs/latest/commands/hset/ */
export const hset: Command<[key: string, field: string, value: string, ...more: string[]]> = {
  name: 'hset',
  arity: -4,
  group: 'hash',
  since: '2.0.0',
  summary: 'Set the string value of a hash field',
  complexity:
    'O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with multiple field/value pairs.',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW update')],
  run: (client, argv) => setFields(client, argv, 'hset'),
}

/** @see https://redis.io/docs/latest/commands/hmset/ */
export const hmset: Command<[key: string, field: string, value: string, ...more: string[]]> = {
  name: 'hmset',
  arity: -4,
  group: 'hash',
  since: '2.0.0',
  summary: 'Set multiple hash fields to multiple values',
  complexity: 'O(N) where N is the number of fields being set.',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW update')],
  run(client, argv) {
    setFields(client, argv, 'hmset')
    return OK
  },
}

function setFields(client: Caller, argv: readonly string[], name: string): number {
  if (argv.length % 2 === 1) throw wrongArity(name)
  const hash = takeOrAdd(client, argv[1]!)
  const bounds = limits(client)
  let added = 0
  for (let i = 2; i < argv.length; i += 2) if (hash.set(argv[i]!, argv[i + 1]!, bounds)) added++
  client.db.changed(argv[1]!, EVENT.hash, 'hset', argv.length / 2 - 1)
  return added
}

/** @see https://redis.io/docs/latest/commands/hsetnx/ */
export const hsetnx: Command<[key: string, field: string, value: string]> = {
  name: 'hsetnx',
  arity: 4,
  group: 'hash',
  since: '2.0.0',
  summary: 'Set the value of a hash field, only if the field does not exist',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW insert')],
  run(client, [, key, field, value]) {
    const hash = client.db.takeAs(key, Hash)
    if (hash?.has(field)) return 0
    takeOrAdd(client, key).set(field, value, limits(client))
    client.db.changed(key, EVENT.hash, 'hset')
    return 1
  },
}

/** @see https://redis.io/docs/latest/commands/hget/ */
export const hget: Command<[key: string, field: string]> = {
  name: 'hget',
  arity: 3,
  group: 'hash',
  since: '2.0.0',
  summary: 'Get the value of a hash field',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run: ({ db }, argv) => db.get(argv[1], Hash)?.get(argv[2]) ?? null,
}

/** @see https://redis.io/docs/latest/commands/hmget/ */
export const hmget: Command<[key: string, field: string, ...more: string[]]> = {
  name: 'hmget',
  arity: -3,
  group: 'hash',
  since: '2.0.0',
  summary: 'Get the values of all the given hash fields',
  complexity: 'O(N) where N is the number of fields being requested.',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    const hash = db.get(argv[1], Hash)
    return argv.slice(2).map((field) => hash?.get(field) ?? null)
  },
}

/** @see https://redis.io/docs/latest/commands/hgetall/ */
export const hgetall: Command<[key: string]> = {
  name: 'hgetall',
  arity: 2,
  group: 'hash',
  since: '2.0.0',
  summary: 'Get all the fields and values in a hash',
  complexity: 'O(N) where N is the size of the hash.',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  keys: [keys('RO access')],
  run: ({ db }, argv) => new MapReply([...(db.get(argv[1], Hash)?.entries() ?? [])].flat()),
}

/** @see https://redis.io/docs/latest/commands/hkeys/ */
export const hkeys: Command<[key: string]> = {
  name: 'hkeys',
  arity: 2,
  group: 'hash',
  since: '2.0.0',
  summary: 'Get all the fields in a hash',
  complexity: 'O(N) where N is the size of the hash.',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  keys: [keys('RO access')],
  run: ({ db }, argv) => [...(db.get(argv[1], Hash)?.fields() ?? [])],
}

/** @see https://redis.io/docs/latest/commands/hvals/ */
export const hvals: Command<[key: string]> = {
  name: 'hvals',
  arity: 2,
  group: 'hash',
  since: '2.0.0',
  summary: 'Get all the values in a hash',
  complexity: 'O(N) where N is the size of the hash.',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  keys: [keys('RO access')],
  run: ({ db }, argv) => Array.from(db.get(argv[1], Hash)?.entries() ?? [], ([, value]) => value),
}

/** @see https://redis.io/docs/latest/commands/hlen/ */
export const hlen: Command<[key: string]> = {
  name: 'hlen',
  arity: 2,
  group: 'hash',
  since: '2.0.0',
  summary: 'Get the number of fields in a hash',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO')],
  run: ({ db }, argv) => db.get(argv[1], Hash)?.size ?? 0,
}

/** @see https://redis.io/docs/latest/commands/hexists/ */
export const hexists: Command<[key: string, field: string]> = {
  name: 'hexists',
  arity: 3,
  group: 'hash',
  since: '2.0.0',
  summary: 'Determine if a hash field exists',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO')],
  run: ({ db }, argv) => (db.get(argv[1], Hash)?.has(argv[2]) ? 1 : 0),
}

/** @see https://redis.io/docs/latest/commands/hstrlen/ */
export const hstrlen: Command<[key: string, field: string]> = {
  name: 'hstrlen',
  arity: 3,
  group: 'hash',
  since: '3.2.0',
  summary: 'Get the length of the value of a hash field',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO')],
  run: ({ db }, argv) => db.get(argv[1], Hash)?.get(argv[2])?.length ?? 0,
}

/** @see https://redis.io/docs/latest/commands/hdel/ */
export const hdel: Command<[key: string, field: string, ...more: string[]]> = {
  name: 'hdel',
  arity: -3,
  group: 'hash',
  since: '2.0.0',
  summary: 'Delete one or more hash fields',
  complexity: 'O(N) where N is the number of fields to be removed.',
  flags: ['write', 'fast'],
  keys: [keys('RW delete')],
  run({ db }, argv) {
    const [, key] = argv
    const hash = db.takeAs(key, Hash)
    if (hash === undefined) return 0
    let removed = 0
    for (let i = 2; i < argv.length && hash.size > 0; i++) if (hash.delete(argv[i]!)) removed++
    if (removed === 0) return 0
    db.changed(key, EVENT.hash, 'hdel', removed)
    if (hash.size === 0) {
      db.remove(db.peek(key)!)
      db.notify(EVENT.generic, 'del', key)
    }
    return removed
  },
}

/** @see https://redis.io/docs/latest/commands/hincrby/ */
export const hincrby: Command<[key: string, field: string, increment: string]> = {
  name: 'hincrby',
  arity: 4,
  group: 'hash',
  since: '2.0.0',
  summary: 'Increment the integer value of a hash field by the given number',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW access update')],
  run(client, [, key, field, incrementText]) {
    const by = bigInteger(incrementText)
    const old = client.db.takeAs(key, Hash)?.get(field)
    const sum = addIntegers(old ?? '0', by, new ErrorReply('ERR hash value is not an integer'))
    takeOrAdd(client, key).change(field, sum, limits(client))
    client.db.changed(key, EVENT.hash, 'hincrby')
    return BigInt(sum)
  },
}

/** @see https://redis.io/docs/latest/commands/hincrbyfloat/ */
export const hincrbyfloat: Command<[key: string, field: string, increment: string]> = {
  name: 'hincrbyfloat',
  arity: 4,
  group: 'hash',
  since: '2.6.0',
  summary: 'Increment the float value of a hash field by the given amount',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW access update')],
  run(client, [, key, field, incrementText]) {
    const by = parseIncrement(incrementText)
    const old = client.db.takeAs(key, Hash)?.get(field)
    const sum = addFloatsInHash(old ?? '0', by)
    takeOrAdd(client, key).change(field, sum, limits(client))
    client.db.changed(key, EVENT.hash, 'hincrbyfloat')
    client.engine.propagation.rewrite(['HSET', key, field, sum])
    return sum
  },
}
