import { keys } from '../catalog/key-spec.ts'
import { Hash } from '../data/hash.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'
import { bigInteger, EXPIRY_OPTIONS, type ExpiryKind, integerWithin } from './parse.ts'

/** A key, a time, perhaps a condition, `FIELDS`, how many, and the fields. */
type Arguments = [key: string, time: string, word: string, count: string, field: string, ...more: string[]]

/** @see https://redis.io/docs/latest/commands/hexpire/ */
export const hexpire: Command<Arguments> = {
  name: 'hexpire',
  arity: -6,
  group: 'hash',
  since: '7.4.0',
  summary: 'Set expiry for hash field using relative time to expire (seconds)',
  complexity: 'O(N) where N is the number of specified fields',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW update')],
  run: (client, argv) => expireFields(client, argv, EXPIRY_OPTIONS.EX!, 'hexpire'),
}

/** @see https://redis.io/docs/latest/commands/hpexpire/ */
export const hpexpire: Command<Arguments> = {
  name: 'hpexpire',
  arity: -6,
  group: 'hash',
  since: '7.4.0',
  summary: 'Set expiry for hash field using relative time to expire (milliseconds)',
  complexity: 'O(N) where N is the number of specified fields',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW update')],
  run: (client, argv) => expireFields(client, argv, EXPIRY_OPTIONS.PX!, 'hpexpire'),
}

/** @see https://redis.io/docs/latest/commands/hexpireat/ */
export const hexpireat: Command<Arguments> = {
  name: 'hexpireat',
  arity: -6,
  group: 'hash',
  since: '7.4.0',
  summary: 'Set expiry for hash field using an absolute Unix timestamp (seconds)',
  complexity: 'O(N) where N is the number of specified fields',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW update')],
  run: (client, argv) => expireFields(client, argv, EXPIRY_OPTIONS.EXAT!, 'hexpireat'),
}

/** @see https://redis.io/docs/latest/commands/hpexpireat/ */
export const hpexpireat: Command<Arguments> = {
  name: 'hpexpireat',
  arity: -6,
  group: 'hash',
  since: '7.4.0',
  summary: 'Set expiry for hash field using an absolute Unix timestamp (milliseconds)',
  complexity: 'O(N) where N is the number of specified fields',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW update')],
  run: (client, argv) => expireFields(client, argv, EXPIRY_OPTIONS.PXAT!, 'hpexpireat'),
}

const NO_FIELD = -2
const NOT_NOW = 0
const SET = 1
const DELETED = 2

function expireFields(client: Caller, argv: readonly string[], kind: ExpiryKind, fullName: string): Reply {
  const { db, engine } = client
  const key = argv[1]!
  const hash = db.takeAs(key, Hash)
  const at = fieldExpiry(argv[2]!, kind, engine.now, fullName)
  const isAllowed = CONDITIONS[argv[3]!.toUpperCase()]
  const condition = isAllowed === undefined ? [] : [argv[3]!]
  const fields = parseFields(argv, 3 + condition.length, 'Parameter `numFields` should be greater than 0')
  if (hash === undefined) return fields.map(() => NO_FIELD)
  const writes: string[][] = []
  const updated: string[] = []
  const replies = fields.map((field) => {
    if (!hash.has(field)) return NO_FIELD
    if (isAllowed !== undefined && !isAllowed(at, hash.expiryOf(field))) return NOT_NOW
    if (at <= engine.now) {
      hash.delete(field)
      writes.push(['HDEL', key, field])
      return DELETED
    }
    hash.expireAt(field, at)
    updated.push(field)
    return SET
  })
  const deleted = writes.length
  if (updated.length > 0) {
    writes.push(['HPEXPIREAT', key, `${at}`, ...condition, 'FIELDS', `${updated.length}`, ...updated])
    db.partsChanged(db.peek(key)!)
  }
  if (writes.length === 0) return replies
  engine.propagation.rewriteAs(writes)
  db.changed(key, EVENT.hash, deleted > 0 ? 'hdel' : 'hexpire', deleted + updated.length)
  if (hash.size === 0) {
    db.remove(db.peek(key)!)
    db.notify(EVENT.generic, 'del', key)
  }
  return replies
}

/**
 * Whether a field may get an expiry, given its current one. A field without an expiry counts as one
 * that never expires.
 */
const CONDITIONS: Readonly<Record<string, (at: number, old: number | undefined) => boolean>> = {
  NX: (_, old) => old === undefined,
  XX: (_, old) => old !== undefined,
  GT: (at, old) => old !== undefined && at > old,
  LT: (at, old) => old === undefined || at < old,
}

/** Redis stores the expiry of a field in 46 bits. */
const LATEST = 2n ** 46n - 1n

/** Reads the time when the fields are to expire, in ms since 1970. */
function fieldExpiry(text: string, kind: ExpiryKind, now: number, fullName: string): number {
  const time = bigInteger(text)
  if (time < 0n) throw new ErrorReply('ERR invalid expire time, must be >= 0')
  const ms = kind.seconds ? time * 1000n : time
  const at = kind.absolute ? ms : ms + BigInt(now)
  if (at > LATEST) throw new ErrorReply(`ERR invalid expire time in '${fullName}' command`)
  return Number(at)
}

/** Reads `FIELDS numfields field …` to the end of the command. */
export function parseFields(argv: readonly string[], at: number, problem: string): readonly string[] {
  if (argv[at]?.toUpperCase() !== 'FIELDS') {
    throw new ErrorReply('ERR Mandatory argument FIELDS is missing or not at the right position')
  }
  const count = integerWithin(argv[at + 1]!, 1, Infinity, problem)
  if (count !== argv.length - at - 2) {
    throw new ErrorReply('ERR The `numfields` parameter must match the number of arguments')
  }
  return argv.slice(at + 2)
}
