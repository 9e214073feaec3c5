import { keys } from '../catalog/key-spec.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { OK, type Reply } from '../resp/value.ts'
import { EXPIRY_OPTIONS, type ExpiryKind, positiveExpiryTime } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/get/ */
export const get: Command<[key: string]> = {
  name: 'get',
  arity: 2,
  group: 'string',
  since: '1.0.0',
  summary: 'Get the value of a key',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run: (client, argv) => client.db.getString(argv[1]) ?? null,
}

/** @see https://redis.io/docs/latest/commands/set/ */
export const set: Command<[key: string, value: string, ...options: string[]]> = {
  name: 'set',
  arity: -3,
  group: 'string',
  since: '1.0.0',
  summary: 'Set the string value of a key',
  complexity: 'O(1)',
  flags: ['write', 'denyoom'],
  keys: [keys('RW access update variable_flags', { notes: 'RW and ACCESS due to the optional `GET` argument' })],
  keysOf(argv) {
    const reads = argv.slice(3).some((word) => word.toUpperCase() === 'GET')
    return [{ key: argv[1]!, flags: reads ? 'RW access update' : 'OW update' }]
  },
  run(client, argv) {
    if (argv.length === 3) return put(client, argv[1], argv[2], undefined, false)
    const options = parseOptions(argv, 3, 'set')
    const { expiry } = options
    const expiresAt =
      expiry && positiveExpiryTime(expiry.text, EXPIRY_OPTIONS[expiry.option]!, client.engine.now, 'set')
    const old = options.get ? (client.db.getString(argv[1]) ?? null) : null
    if (options.onlyIf !== undefined && client.db.has(argv[1]) !== (options.onlyIf === 'present')) return old
    put(client, argv[1], argv[2], expiresAt, options.keepExpiry)
    if (expiresAt !== undefined) client.engine.propagation.rewrite(['SET', argv[1], argv[2], 'PXAT', `${expiresAt}`])
    else if (options.get) {
      client.engine.propagation.rewrite(argv.filter((word, at) => at < 3 || word.toUpperCase() !== 'GET'))
    }
    return options.get ? old : OK
  },
}

/** Options of SET and GETEX. */
interface StringOptions {
  onlyIf: 'absent' | 'present' | undefined
  get: boolean
  keepExpiry: boolean
  persist: boolean
  expiry: { readonly text: string; readonly option: string } | undefined
}

const NONE: StringOptions = { onlyIf: undefined, get: false, keepExpiry: false, persist: false, expiry: undefined }

function parseOptions(argv: readonly string[], start: number, command: 'set' | 'getex'): StringOptions {
  const options = { ...NONE }
  for (let i = start; i < argv.length; i++) {
    const word = argv[i]!.toUpperCase()
    const isSet = command === 'set'
    const keeps = options.keepExpiry || options.persist
    if (isSet && word === 'NX' && options.onlyIf !== 'present') options.onlyIf = 'absent'
    else if (isSet && word === 'XX' && options.onlyIf !== 'absent') options.onlyIf = 'present'
    else if (isSet && word === 'GET') options.get = true
    else if (isSet && word === 'KEEPTTL' && options.expiry === undefined) options.keepExpiry = true
    else if (!isSet && word === 'PERSIST' && options.expiry === undefined) options.persist = true
    else if (EXPIRY_OPTIONS[word] !== undefined && !keeps && i + 1 < argv.length) {
      // The same option may be repeated, but not combined with another one.
      if (options.expiry !== undefined && options.expiry.option !== word) throw SYNTAX_ERROR
      options.expiry = { text: argv[++i]!, option: word }
    } else throw SYNTAX_ERROR
  }
  return options
}

/** Sets a string, replacing any value of the key. */
export function put(
  client: Caller,
  key: string,
  value: string,
  expiresAt: number | undefined,
  keepExpiry: boolean,
): Reply {
  const { db } = client
  const entry = db.set(key, value, keepExpiry)
  db.changed(key, EVENT.string, 'set')
  if (expiresAt !== undefined) {
    db.expireAt(entry, expiresAt)
    db.notify(EVENT.generic, 'expire', key)
  }
  return OK
}

/** @see https://redis.io/docs/latest/commands/setnx/ */
export const setnx: Command<[key: string, value: string]> = {
  name: 'setnx',
  arity: 3,
  group: 'string',
  since: '1.0.0',
  summary: 'Set the value of a key, only if the key does not exist',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('OW insert')],
  run(client, argv) {
    if (client.db.has(argv[1])) return 0
    put(client, argv[1], argv[2], undefined, false)
    return 1
  },
}

/** @see https://redis.io/docs/latest/commands/setex/ */
export const setex: Command<[key: string, seconds: string, value: string]> = {
  name: 'setex',
  arity: 4,
  group: 'string',
  since: '2.0.0',
  summary: 'Set the value and expiration of a key',
  complexity: 'O(1)',
  flags: ['write', 'denyoom'],
  keys: [keys('OW update')],
  run: (client, argv) => setWithExpiry(client, argv, EXPIRY_OPTIONS.EX!, 'setex'),
}

/** @see https://redis.io/docs/latest/commands/psetex/ */
export const psetex: Command<[key: string, milliseconds: string, value: string]> = {
  name: 'psetex',
  arity: 4,
  group: 'string',
  since: '2.6.0',
  summary: 'Set the value and expiration in milliseconds of a key',
  complexity: 'O(1)',
  flags: ['write', 'denyoom'],
  keys: [keys('OW update')],
  run: (client, argv) => setWithExpiry(client, argv, EXPIRY_OPTIONS.PX!, 'psetex'),
}

function setWithExpiry(
  client: Caller,
  [, key, time, value]: readonly [string, string, string, string],
  kind: ExpiryKind,
  fullName: string,
): Reply {
  const expiresAt = positiveExpiryTime(time, kind, client.engine.now, fullName)
  client.engine.propagation.rewrite(['SET', key, value, 'PXAT', `${expiresAt}`])
  return put(client, key, value, expiresAt, false)
}

/** @see https://redis.io/docs/latest/commands/getset/ */
export const getset: Command<[key: string, value: string]> = {
  name: 'getset',
  arity: 3,
  group: 'string',
  since: '1.0.0',
  summary: 'Set the string value of a key and return its old value',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW access update')],
  run(client, argv) {
    const old = client.db.getString(argv[1]) ?? null
    put(client, argv[1], argv[2], undefined, false)
    client.engine.propagation.rewrite(['SET', argv[1], argv[2]])
    return old
  },
}

/** @see https://redis.io/docs/latest/commands/getdel/ */
export const getdel: Command<[key: string]> = {
  name: 'getdel',
  arity: 2,
  group: 'string',
  since: '6.2.0',
  summary: 'Get the value of a key and delete the key',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  keys: [keys('RW access delete')],
  run(client, [, key]) {
    const value = client.db.getString(key)
    if (value === undefined) return null
    client.db.delete(key)
    client.engine.propagation.rewrite(['DEL', key])
    return value
  },
}

/** @see https://redis.io/docs/latest/commands/getex/ */
export const getex: Command<[key: string, ...options: string[]]> = {
  name: 'getex',
  arity: -2,
  group: 'string',
  since: '6.2.0',
  summary: 'Get the value of a key and optionally set its expiration',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  keys: [keys('RW access update', { notes: 'RW and UPDATE because it changes the TTL' })],
  run(client, argv) {
    const { db, engine } = client
    const [, key] = argv
    const { persist, expiry } = parseOptions(argv, 2, 'getex')
    const kind = expiry && EXPIRY_OPTIONS[expiry.option]!
    const value = db.getString(key)
    if (value === undefined) return null
    const expiresAt = expiry && positiveExpiryTime(expiry.text, kind!, engine.now, 'getex')
    const entry = db.take(key)!
    if (expiresAt !== undefined && kind!.absolute && expiresAt <= engine.now) {
      db.delete(key)
      engine.propagation.rewrite(['DEL', key])
    } else if (expiresAt !== undefined) {
      db.expireAt(entry, expiresAt)
      db.changed(key, EVENT.generic, 'expire')
      engine.propagation.rewrite(['PEXPIREAT', key, `${expiresAt}`])
    } else if (persist && entry.expiresAt !== -1) {
      db.persist(entry)
      db.changed(key, EVENT.generic, 'persist')
      engine.propagation.rewrite(['PERSIST', key])
    }
    return value
  },
}

/** The longest string in V8, some bytes shorter than the longest in Redis. */
export const LONGEST_STRING: number = 2 ** 29 - 24
