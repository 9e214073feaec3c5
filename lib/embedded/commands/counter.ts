import { keys } from '../catalog/key-spec.ts'
import { addExtended, type Extended, formatExtended, parseExtended } from '../data/extended.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { NOT_A_FLOAT, NOT_AN_INTEGER } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'
import { MAX_INT64, MIN_INT64, parseDouble, parseInt64, parseInteger } from '../text/numbers.ts'
import { bigInteger } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/incr/ */
export const incr: Command<[key: string]> = {
  name: 'incr',
  arity: 2,
  group: 'string',
  since: '1.0.0',
  summary: 'Increment the integer value of a key by one',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW access update')],
  run: (client, argv) => increment(client, argv[1], 1n),
}

/** @see https://redis.io/docs/latest/commands/decr/ */
export const decr: Command<[key: string]> = {
  name: 'decr',
  arity: 2,
  group: 'string',
  since: '1.0.0',
  summary: 'Decrement the integer value of a key by one',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW access update')],
  run: (client, argv) => increment(client, argv[1], -1n),
}

/** @see https://redis.io/docs/latest/commands/incrby/ */
export const incrby: Command<[key: string, increment: string]> = {
  name: 'incrby',
  arity: 3,
  group: 'string',
  since: '1.0.0',
  summary: 'Increment the integer value of a key by the given amount',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW access update')],
  run: (client, argv) => increment(client, argv[1], bigInteger(argv[2])),
}

/** @see https://redis.io/docs/latest/commands/decrby/ */
export const decrby: Command<[key: string, decrement: string]> = {
  name: 'decrby',
  arity: 3,
  group: 'string',
  since: '1.0.0',
  summary: 'Decrement the integer value of a key by the given number',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW access update')],
  run(client, argv) {
    const decrement = bigInteger(argv[2])
    if (decrement === MIN_INT64) throw new ErrorReply('ERR decrement would overflow')
    return increment(client, argv[1], -decrement)
  },
}

function increment({ db }: Caller, key: string, by: bigint): Reply {
  const old = db.takeString(key)
  const sum = addIntegers(old ?? '0', by)
  const entry = db.take(key) ?? db.add(key, sum)
  entry.value = sum
  entry.raw = false
  entry.text = false
  db.changed(key, EVENT.string, 'incrby')
  return BigInt(sum)
}

/** The sum as text. */
export function addIntegers(old: string, by: bigint, notAnInteger: ErrorReply = NOT_AN_INTEGER): string {
  const small = old.length < 15 ? parseInteger(old) : undefined
  // A double represents nearly all counters exactly; these need no big integers.
  if (small !== undefined && by < 1_000_000_000n && by > -1_000_000_000n) return String(small + Number(by))
  const value = parseInt64(old)
  if (value === undefined) throw notAnInteger
  const sum = value + by
  if (sum > MAX_INT64 || sum < MIN_INT64) throw new ErrorReply('ERR increment or decrement would overflow')
  return sum.toString()
}

/** @see https://redis.io/docs/latest/commands/incrbyfloat/ */
export const incrbyfloat: Command<[key: string, increment: string]> = {
  name: 'incrbyfloat',
  arity: 3,
  group: 'string',
  since: '2.6.0',
  summary: 'Increment the float value of a key by the given amount',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW access update')],
  run({ db, engine }, [, key, incrementText]) {
    const old = db.takeString(key)
    const sum = addFloats(old ?? '0', incrementText)
    const entry = db.take(key) ?? db.add(key, sum)
    entry.value = sum
    entry.raw = false
    entry.text = true
    db.changed(key, EVENT.string, 'incrbyfloat')
    engine.propagation.rewrite(['SET', key, sum, 'KEEPTTL'])
    return sum
  },
}

/** The sum as text, computed with 80 bits as in Redis. */
function addFloats(old: string, increment: string): string {
  const [value, by] = [extended(old), extended(increment)]
  if (value === undefined || by === undefined) throw NOT_A_FLOAT
  if (value === 'infinite' || by === 'infinite') throw new ErrorReply('ERR increment would produce NaN or Infinity')
  return formatExtended(addExtended(value, by))
}

/** Reads the increment for a field of a hash. */
export function parseIncrement(text: string): Extended {
  const by = extended(text)
  if (by === undefined) throw NOT_A_FLOAT
  if (by === 'infinite') throw new ErrorReply('ERR value is NaN or Infinity')
  return by
}

/** As {@link addFloats}, but with the error texts for a field of a hash. */
export function addFloatsInHash(old: string, by: Extended): string {
  const value = extended(old)
  if (value === undefined) throw new ErrorReply('ERR hash value is not a float')
  if (value === 'infinite') throw new ErrorReply('ERR increment would produce NaN or Infinity')
  return formatExtended(addExtended(value, by))
}

function extended(text: string): Extended | 'infinite' | undefined {
  const decimal = parseExtended(text)
  if (decimal !== undefined) return decimal
  const other = parseDouble(text)
  if (other === undefined) return undefined
  return Number.isFinite(other) ? parseExtended(String(other)) : 'infinite'
}
