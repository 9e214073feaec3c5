import type { Client } from '../client.ts'
import { SYNTAX_ERROR, wrongArity } from '../errors.ts'
import { EVENT } from '../events.ts'
import type { Entry } from '../keyspace.ts'
import { ErrorReply, OK, type Reply } from '../resp/value.ts'
import { type Command, keys } from './command.ts'
import { EXPIRY_OPTIONS, type ExpiryKind, integer, positiveExpiryTime } from './parse.ts'

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

interface SetOptions {
  onlyIf: 'absent' | 'present' | undefined
  get: boolean
  keepExpiry: boolean
  expiry: { readonly text: string; readonly kind: ExpiryKind } | undefined
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
  run(client, argv) {
    if (argv.length === 3) return put(client, argv[1], argv[2], undefined, false)
    const options = setOptions(argv)
    const expiresAt =
      options.expiry && positiveExpiryTime(options.expiry.text, options.expiry.kind, client.engine.now, 'set')
    const old = options.get ? (client.db.getString(argv[1]) ?? null) : null
    if (options.onlyIf !== undefined && client.db.has(argv[1]) !== (options.onlyIf === 'present')) return old
    put(client, argv[1], argv[2], expiresAt, options.keepExpiry)
    if (expiresAt !== undefined) client.engine.propagation.rewrite(['SET', argv[1], argv[2], 'PXAT', `${expiresAt}`])
    else if (options.get) {
      client.engine.propagation.rewrite(['SET', argv[1], argv[2], ...(options.keepExpiry ? ['KEEPTTL'] : [])])
    }
    return options.get ? old : OK
  },
}

function setOptions(argv: readonly string[]): SetOptions {
  const options: SetOptions = { onlyIf: undefined, get: false, keepExpiry: false, expiry: undefined }
  for (let i = 3; i < argv.length; i++) {
    const word = argv[i]!.toUpperCase()
    const kind = EXPIRY_OPTIONS[word]
    if (word === 'NX' && options.onlyIf !== 'present') options.onlyIf = 'absent'
    else if (word === 'XX' && options.onlyIf !== 'absent') options.onlyIf = 'present'
    else if (word === 'GET') options.get = true
    else if (word === 'KEEPTTL' && options.expiry === undefined) options.keepExpiry = true
    else if (kind !== undefined && !options.keepExpiry && options.expiry === undefined && i + 1 < argv.length) {
      options.expiry = { text: argv[++i]!, kind }
    } else throw SYNTAX_ERROR
  }
  return options
}

/** Sets a string, whatever the key held. */
function put(client: Client, key: string, value: string, expiresAt: number | undefined, keepExpiry: boolean): Reply {
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
  client: Client,
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
    const [word, time] = [argv[2]?.toUpperCase(), argv[3]]
    const kind = word === undefined ? undefined : EXPIRY_OPTIONS[word]
    const persist = word === 'PERSIST' && argv.length === 3
    if (word !== undefined && !persist && (kind === undefined || argv.length !== 4)) throw SYNTAX_ERROR
    const value = db.getString(key)
    if (value === undefined) return null
    const expiresAt = kind && positiveExpiryTime(time!, kind, engine.now, 'getex')
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

/** @see https://redis.io/docs/latest/commands/mget/ */
export const mget: Command<[key: string, ...keys: string[]]> = {
  name: 'mget',
  arity: -2,
  group: 'string',
  since: '1.0.0',
  summary: 'Get the values of all the given keys',
  complexity: 'O(N) where N is the number of keys to retrieve.',
  flags: ['readonly', 'fast'],
  tips: ['request_policy:multi_shard'],
  keys: [keys('RO access', { last: -1 })],
  run: ({ db }, argv) =>
    argv.slice(1).map((key) => {
      const value = db.find(key)?.value
      return typeof value === 'string' ? value : null
    }),
}

/** @see https://redis.io/docs/latest/commands/mset/ */
export const mset: Command<[key: string, value: string, ...more: string[]]> = {
  name: 'mset',
  arity: -3,
  group: 'string',
  since: '1.0.1',
  summary: 'Set multiple keys to multiple values',
  complexity: 'O(N) where N is the number of keys to set.',
  flags: ['write', 'denyoom'],
  tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
  keys: [keys('OW update', { last: -1, step: 2 })],
  run(client, argv) {
    if (argv.length % 2 === 0) throw wrongArity('mset')
    for (let i = 1; i < argv.length; i += 2) put(client, argv[i]!, argv[i + 1]!, undefined, false)
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/msetnx/ */
export const msetnx: Command<[key: string, value: string, ...more: string[]]> = {
  name: 'msetnx',
  arity: -3,
  group: 'string',
  since: '1.0.1',
  summary: 'Set multiple keys to multiple values, only if none of the keys exist',
  complexity: 'O(N) where N is the number of keys to set.',
  flags: ['write', 'denyoom'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_min'],
  keys: [keys('OW insert', { last: -1, step: 2 })],
  run(client, argv) {
    if (argv.length % 2 === 0) throw wrongArity('msetnx')
    for (let i = 1; i < argv.length; i += 2) if (client.db.has(argv[i]!)) return 0
    for (let i = 1; i < argv.length; i += 2) put(client, argv[i]!, argv[i + 1]!, undefined, false)
    return 1
  },
}

/** @see https://redis.io/docs/latest/commands/strlen/ */
export const strlen: Command<[key: string]> = {
  name: 'strlen',
  arity: 2,
  group: 'string',
  since: '2.2.0',
  summary: 'Get the length of the value stored in a key',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO')],
  run: (client, argv) => client.db.getString(argv[1])?.length ?? 0,
}

/** @see https://redis.io/docs/latest/commands/append/ */
export const append: Command<[key: string, value: string]> = {
  name: 'append',
  arity: 3,
  group: 'string',
  since: '2.0.0',
  summary: 'Append a value to a key',
  complexity:
    'O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since the dynamic string library used by Redis will double the free space available on every reallocation.',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW insert')],
  run({ db, engine }, [, key, value]) {
    const old = db.takeString(key)
    if (old === undefined) db.add(key, value)
    else {
      checkLength(old.length + value.length, engine.config.maxBulkBytes)
      change(db.take(key)!, old + value)
    }
    db.changed(key, EVENT.string, 'append')
    return (old?.length ?? 0) + value.length
  },
}

/** @see https://redis.io/docs/latest/commands/setrange/ */
export const setrange: Command<[key: string, offset: string, value: string]> = {
  name: 'setrange',
  arity: 4,
  group: 'string',
  since: '2.2.0',
  summary: 'Overwrite part of a string at key starting at the specified offset',
  complexity:
    'O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.',
  flags: ['write', 'denyoom'],
  keys: [keys('RW update')],
  run({ db, engine }, [, key, offsetText, value]) {
    const offset = parseOffset(offsetText)
    const old = db.takeString(key)
    if (value === '') return old?.length ?? 0
    checkLength(offset + value.length, engine.config.maxBulkBytes)
    const before = (old ?? '').slice(0, offset)
    const gap = '\0'.repeat(offset - before.length)
    const text = before + gap + value + (old ?? '').slice(offset + value.length)
    change(old === undefined ? db.add(key, '') : db.take(key)!, text)
    db.changed(key, EVENT.string, 'setrange')
    return text.length
  },
}

/** @see https://redis.io/docs/latest/commands/getrange/ */
export const getrange: Command<[key: string, start: string, end: string]> = {
  name: 'getrange',
  arity: 4,
  group: 'string',
  since: '2.4.0',
  summary: 'Get a substring of the string stored at a key',
  complexity:
    'O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => substring(client, argv),
}

/** @see https://redis.io/docs/latest/commands/substr/ */
export const substr: Command<[key: string, start: string, end: string]> = {
  name: 'substr',
  arity: 4,
  group: 'string',
  since: '1.0.0',
  summary: 'Get a substring of the string stored at a key',
  complexity:
    'O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => substring(client, argv),
}

function substring({ db }: Client, [, key, from, to]: readonly [string, string, string, string]): string {
  let start = integer(from)
  let end = integer(to)
  const text = db.getString(key) ?? ''
  if (start < 0 && end < 0 && start > end) return ''
  start = Math.max(0, start < 0 ? text.length + start : start)
  end = Math.max(0, end < 0 ? text.length + end : end)
  return text.slice(start, end + 1)
}

function parseOffset(text: string): number {
  const offset = integer(text)
  if (offset < 0) throw new ErrorReply('ERR offset is out of range')
  return offset
}

/** V8 holds no string longer than this, some bytes less than what Redis allows. */
const LONGEST_STRING = 2 ** 29 - 24

function checkLength(length: number, maxBulkBytes: number): void {
  if (length > Math.min(maxBulkBytes, LONGEST_STRING)) {
    throw new ErrorReply('ERR string exceeds maximum allowed size (proto-max-bulk-len)')
  }
}

/** Changes a string in place; from then on Redis keeps it in its raw encoding. */
function change(entry: Entry, text: string): void {
  entry.value = text
  entry.raw = true
}
