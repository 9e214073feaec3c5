import { keys } from '../catalog/key-spec.ts'
import { Hash } from '../data/hash.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { EVENT } from '../keyspace/events.ts'
import type { Reply } from '../resp/value.ts'
import { parseFields } from './hash-expire.ts'

/** A key, `FIELDS`, how many, and the fields. */
type Arguments = [key: string, word: string, count: string, field: string, ...more: string[]]

/** @see https://redis.io/docs/latest/commands/httl/ */
export const httl: Command<Arguments> = {
  name: 'httl',
  arity: -5,
  group: 'hash',
  since: '7.4.0',
  summary: 'Returns the TTL in seconds of a hash field.',
  complexity: 'O(N) where N is the number of specified fields',
  flags: ['readonly', 'fast'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO access')],
  run: (client, argv) => timesLeft(client, argv, (at, now) => Math.floor((at + 999 - now) / 1000)),
}

/** @see https://redis.io/docs/latest/commands/hpttl/ */
export const hpttl: Command<Arguments> = {
  name: 'hpttl',
  arity: -5,
  group: 'hash',
  since: '7.4.0',
  summary: 'Returns the TTL in milliseconds of a hash field.',
  complexity: 'O(N) where N is the number of specified fields',
  flags: ['readonly', 'fast'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO access')],
  run: (client, argv) => timesLeft(client, argv, (at, now) => at - now),
}

/** @see https://redis.io/docs/latest/commands/hexpiretime/ */
export const hexpiretime: Command<Arguments> = {
  name: 'hexpiretime',
  arity: -5,
  group: 'hash',
  since: '7.4.0',
  summary: 'Returns the expiration time of a hash field as a Unix timestamp, in seconds.',
  complexity: 'O(N) where N is the number of specified fields',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run: (client, argv) => timesLeft(client, argv, (at) => Math.floor((at + 999) / 1000)),
}

/** @see https://redis.io/docs/latest/commands/hpexpiretime/ */
export const hpexpiretime: Command<Arguments> = {
  name: 'hpexpiretime',
  arity: -5,
  group: 'hash',
  since: '7.4.0',
  summary: 'Returns the expiration time of a hash field as a Unix timestamp, in msec.',
  complexity: 'O(N) where N is the number of specified fields',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run: (client, argv) => timesLeft(client, argv, (at) => at),
}

const NO_FIELD = -2
const NO_EXPIRY = -1
const NOT_POSITIVE = 'Number of fields must be a positive integer'

function timesLeft(
  { db, engine }: Caller,
  argv: readonly string[],
  measure: (at: number, now: number) => number,
): Reply {
  const hash = db.get(argv[1]!, Hash)
  return parseFields(argv, 2, NOT_POSITIVE).map((field) => {
    if (hash === undefined || !hash.has(field)) return NO_FIELD
    const at = hash.expiryOf(field)
    return at === undefined ? NO_EXPIRY : measure(at, engine.now)
  })
}

/** @see https://redis.io/docs/latest/commands/hpersist/ */
export const hpersist: Command<Arguments> = {
  name: 'hpersist',
  arity: -5,
  group: 'hash',
  since: '7.4.0',
  summary: 'Removes the expiration time for each specified field',
  complexity: 'O(N) where N is the number of specified fields',
  flags: ['write', 'fast'],
  keys: [keys('RW update')],
  run({ db }, argv) {
    const [, key] = argv
    const hash = db.takeAs(key, Hash)
    const fields = parseFields(argv, 2, NOT_POSITIVE)
    const replies = fields.map((field) => {
      if (hash === undefined || !hash.has(field)) return NO_FIELD
      return hash.persist(field) ? 1 : NO_EXPIRY
    })
    if (replies.includes(1)) db.changed(key, EVENT.hash, 'hpersist')
    return replies
  },
}
