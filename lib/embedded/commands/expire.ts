import { keys } from '../catalog/key-spec.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'
import { EXPIRY_OPTIONS, type ExpiryKind, expiryTime } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/expire/ */
export const expire: Command<[key: string, seconds: string, ...options: string[]]> = {
  name: 'expire',
  arity: -3,
  group: 'generic',
  since: '1.0.0',
  summary: "Set a key's time to live in seconds",
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  keys: [keys('RW update')],
  run: (client, argv) => setExpiry(client, argv, EXPIRY_OPTIONS.EX!, 'expire'),
}

/** @see https://redis.io/docs/latest/commands/pexpire/ */
export const pexpire: Command<[key: string, milliseconds: string, ...options: string[]]> = {
  name: 'pexpire',
  arity: -3,
  group: 'generic',
  since: '2.6.0',
  summary: "Set a key's time to live in milliseconds",
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  keys: [keys('RW update')],
  run: (client, argv) => setExpiry(client, argv, EXPIRY_OPTIONS.PX!, 'pexpire'),
}

/** @see https://redis.io/docs/latest/commands/expireat/ */
export const expireat: Command<[key: string, unixTimeSeconds: string, ...options: string[]]> = {
  name: 'expireat',
  arity: -3,
  group: 'generic',
  since: '1.2.0',
  summary: 'Set the expiration for a key as a UNIX timestamp',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  keys: [keys('RW update')],
  run: (client, argv) => setExpiry(client, argv, EXPIRY_OPTIONS.EXAT!, 'expireat'),
}

/** @see https://redis.io/docs/latest/commands/pexpireat/ */
export const pexpireat: Command<[key: string, unixTimeMilliseconds: string, ...options: string[]]> = {
  name: 'pexpireat',
  arity: -3,
  group: 'generic',
  since: '2.6.0',
  summary: 'Set the expiration for a key as a UNIX timestamp specified in milliseconds',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  keys: [keys('RW update')],
  run: (client, argv) => setExpiry(client, argv, EXPIRY_OPTIONS.PXAT!, 'pexpireat'),
}

function setExpiry(client: Caller, argv: readonly string[], kind: ExpiryKind, fullName: string): Reply {
  const { db, engine } = client
  const key = argv[1]!
  const conditions = parseConditions(argv)
  const expiresAt = expiryTime(argv[2]!, kind, engine.now, fullName)
  const entry = db.take(key)
  if (entry === undefined) return 0
  const old = entry.expiresAt
  // A key without an expiry counts as one that never expires.
  const later = expiresAt > (old === -1 ? Infinity : old)
  const earlier = expiresAt < (old === -1 ? Infinity : old)
  if (conditions.has('NX') && old !== -1) return 0
  if (conditions.has('XX') && old === -1) return 0
  if (conditions.has('GT') && !later) return 0
  if (conditions.has('LT') && !earlier) return 0
  if (expiresAt <= engine.now) {
    db.delete(key)
    engine.propagation.rewrite(['DEL', key])
    return 1
  }
  db.expireAt(entry, expiresAt)
  db.changed(key, EVENT.generic, 'expire')
  if (kind !== EXPIRY_OPTIONS.PXAT) {
    engine.propagation.rewrite(['PEXPIREAT', key, `${expiresAt}`, ...argv.slice(3)])
  }
  return 1
}

function parseConditions(argv: readonly string[]): ReadonlySet<string> {
  const conditions = new Set<string>()
  for (let i = 3; i < argv.length; i++) {
    const word = argv[i]!.toUpperCase()
    if (word !== 'NX' && word !== 'XX' && word !== 'GT' && word !== 'LT') {
      throw new ErrorReply(`ERR Unsupported option ${argv[i]}`)
    }
    conditions.add(word)
  }
  if (conditions.has('NX') && conditions.size > 1) {
    throw new ErrorReply('ERR NX and XX, GT or LT options at the same time are not compatible')
  }
  if (conditions.has('GT') && conditions.has('LT')) {
    throw new ErrorReply('ERR GT and LT options at the same time are not compatible')
  }
  return conditions
}

/** @see https://redis.io/docs/latest/commands/ttl/ */
export const ttl: Command<[key: string]> = {
  name: 'ttl',
  arity: 2,
  group: 'generic',
  since: '1.0.0',
  summary: 'Get the time to live for a key in seconds',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO access')],
  run: (client, argv) => timeLeft(client, argv[1], (at, now) => Math.floor((at - now + 500) / 1000)),
}

/** @see https://redis.io/docs/latest/commands/pttl/ */
export const pttl: Command<[key: string]> = {
  name: 'pttl',
  arity: 2,
  group: 'generic',
  since: '2.6.0',
  summary: 'Get the time to live for a key in milliseconds',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO access')],
  run: (client, argv) => timeLeft(client, argv[1], (at, now) => at - now),
}

/** @see https://redis.io/docs/latest/commands/expiretime/ */
export const expiretime: Command<[key: string]> = {
  name: 'expiretime',
  arity: 2,
  group: 'generic',
  since: '7.0.0',
  summary: 'Get the expiration Unix timestamp for a key',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run: (client, argv) => timeLeft(client, argv[1], (at) => Math.floor((at + 500) / 1000)),
}

/** @see https://redis.io/docs/latest/commands/pexpiretime/ */
export const pexpiretime: Command<[key: string]> = {
  name: 'pexpiretime',
  arity: 2,
  group: 'generic',
  since: '7.0.0',
  summary: 'Get the expiration Unix timestamp for a key in milliseconds',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run: (client, argv) => timeLeft(client, argv[1], (at) => at),
}

function timeLeft({ db, engine }: Caller, key: string, measure: (at: number, now: number) => number): Reply {
  const entry = db.glance(key)
  if (entry === undefined) return -2
  return entry.expiresAt === -1 ? -1 : Math.max(0, measure(entry.expiresAt, engine.now))
}

/** @see https://redis.io/docs/latest/commands/persist/ */
export const persist: Command<[key: string]> = {
  name: 'persist',
  arity: 2,
  group: 'generic',
  since: '2.2.0',
  summary: 'Remove the expiration from a key',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  keys: [keys('RW update')],
  run({ db }, [, key]) {
    const entry = db.take(key)
    if (entry === undefined || entry.expiresAt === -1) return 0
    db.persist(entry)
    db.changed(key, EVENT.generic, 'persist')
    return 1
  },
}
