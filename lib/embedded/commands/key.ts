import { keys } from '../catalog/key-spec.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { NO_SUCH_KEY, SYNTAX_ERROR } from '../errors.ts'
import type { KeyEntry } from '../keyspace/entry.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply, OK, type Reply, Status } from '../resp/value.ts'
import { integer32 } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/del/ */
export const del: Command<[key: string, ...more: string[]]> = {
  name: 'del',
  arity: -2,
  group: 'generic',
  since: '1.0.0',
  summary: 'Delete a key',
  complexity:
    'O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, the individual complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or hash. Removing a single key that holds a string value is O(1).',
  flags: ['write'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  keys: [keys('RM delete', { last: -1 })],
  run: (client, argv) => deleteKeys(client, argv),
}

/** @see https://redis.io/docs/latest/commands/unlink/ */
export const unlink: Command<[key: string, ...more: string[]]> = {
  name: 'unlink',
  arity: -2,
  group: 'generic',
  since: '4.0.0',
  summary: 'Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non blocking.',
  complexity:
    'O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to reclaim memory, where N is the number of allocations the deleted objects where composed of.',
  flags: ['write', 'fast'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  keys: [keys('RM delete', { last: -1 })],
  run: (client, argv) => deleteKeys(client, argv),
}

function deleteKeys({ db }: Caller, argv: readonly string[]): Reply {
  let removed = 0
  for (let i = 1; i < argv.length; i++) if (db.delete(argv[i]!)) removed++
  return removed
}

/** @see https://redis.io/docs/latest/commands/exists/ */
export const exists: Command<[key: string, ...more: string[]]> = {
  name: 'exists',
  arity: -2,
  group: 'generic',
  since: '1.0.0',
  summary: 'Determine if a key exists',
  complexity: 'O(N) where N is the number of keys to check.',
  flags: ['readonly', 'fast'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  keys: [keys('RO', { last: -1 })],
  run({ db }, argv) {
    let found = 0
    for (let i = 1; i < argv.length; i++) if (db.glance(argv[i]!) !== undefined) found++
    return found
  },
}

/** @see https://redis.io/docs/latest/commands/touch/ */
export const touch: Command<[key: string, ...more: string[]]> = {
  name: 'touch',
  arity: -2,
  group: 'generic',
  since: '3.2.1',
  summary: 'Alters the last access time of a key(s). Returns the number of existing keys specified.',
  complexity: 'O(N) where N is the number of keys that will be touched.',
  flags: ['readonly', 'fast'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  keys: [keys('RO', { last: -1 })],
  run({ db }, argv) {
    let found = 0
    for (let i = 1; i < argv.length; i++) if (db.find(argv[i]!) !== undefined) found++
    return found
  },
}

/** @see https://redis.io/docs/latest/commands/type/ */
export const type: Command<[key: string]> = {
  name: 'type',
  arity: 2,
  group: 'generic',
  since: '1.0.0',
  summary: 'Determine the type stored at key',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO')],
  run: ({ db }, argv) => new Status(typeName(db.glance(argv[1]))),
}

/** What TYPE returns for an entry. */
export function typeName(entry: KeyEntry | undefined): string {
  if (entry === undefined) return 'none'
  return typeof entry.value === 'string' ? 'string' : entry.value.type
}

/** @see https://redis.io/docs/latest/commands/randomkey/ */
export const randomkey: Command<[]> = {
  name: 'randomkey',
  arity: 1,
  group: 'generic',
  since: '1.0.0',
  summary: 'Return a random key from the keyspace',
  complexity: 'O(1)',
  flags: ['readonly'],
  tips: ['request_policy:all_shards', 'nondeterministic_output'],
  run: ({ db }) => db.random()?.key ?? null,
}

/** @see https://redis.io/docs/latest/commands/rename/ */
export const rename: Command<[key: string, newkey: string]> = {
  name: 'rename',
  arity: 3,
  group: 'generic',
  since: '1.0.0',
  summary: 'Rename a key',
  complexity: 'O(1)',
  flags: ['write'],
  keys: [keys('RW access delete'), keys('OW update', { at: 2 })],
  run(client, [, from, to]) {
    renameKey(client, from, to, true)
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/renamenx/ */
export const renamenx: Command<[key: string, newkey: string]> = {
  name: 'renamenx',
  arity: 3,
  group: 'generic',
  since: '1.0.0',
  summary: 'Rename a key, only if the new key does not exist',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  keys: [keys('RW access delete'), keys('OW insert', { at: 2 })],
  run: (client, [, from, to]) => renameKey(client, from, to, false),
}

function renameKey({ db }: Caller, from: string, to: string, overwrite: boolean): 0 | 1 {
  const entry = db.take(from)
  if (entry === undefined) throw NO_SUCH_KEY
  if (from === to) return 0
  const old = db.peek(to)
  if (old !== undefined) {
    if (!overwrite) return 0
    db.remove(old)
  }
  const { expiresAt } = entry
  db.remove(entry)
  moveValue(db, entry, to, expiresAt)
  db.touch(from)
  db.notify(EVENT.generic, 'rename_from', from)
  db.changed(to, EVENT.generic, 'rename_to')
  return 1
}

/** Adds the value of an entry under a key that does not exist. */
function moveValue(db: Caller['db'], entry: KeyEntry, key: string, expiresAt: number): void {
  const added = db.add(key, entry.value)
  added.raw = entry.raw
  added.text = entry.text
  added.usedAt = entry.usedAt
  if (expiresAt !== -1) db.expireAt(added, expiresAt)
}

/** @see https://redis.io/docs/latest/commands/move/ */
export const move: Command<[key: string, db: string]> = {
  name: 'move',
  arity: 3,
  group: 'generic',
  since: '1.0.0',
  summary: 'Move a key to another database',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  keys: [keys('RW access update')],
  run({ db, engine }, [, key, index]) {
    const target = engine.databases[integer32(index)]
    if (target === undefined) throw new ErrorReply('ERR DB index is out of range')
    if (target === db) throw SAME_OBJECT
    const entry = db.take(key)
    if (entry === undefined || target.has(key)) return 0
    const { expiresAt } = entry
    db.remove(entry)
    moveValue(target, entry, key, expiresAt)
    db.touch(key)
    target.touch(key)
    engine.dirty++
    db.notify(EVENT.generic, 'move_from', key)
    target.notify(EVENT.generic, 'move_to', key)
    return 1
  },
}

const SAME_OBJECT = new ErrorReply('ERR source and destination objects are the same')

/** @see https://redis.io/docs/latest/commands/copy/ */
export const copy: Command<[source: string, destination: string, ...options: string[]]> = {
  name: 'copy',
  arity: -3,
  group: 'generic',
  since: '6.2.0',
  summary: 'Copy a key',
  complexity: 'O(N) worst case for collections, where N is the number of nested items. O(1) for string values.',
  flags: ['write', 'denyoom'],
  keys: [keys('RO access'), keys('OW update', { at: 2 })],
  run({ db, engine }, argv) {
    const [, from, to] = argv
    let target = db
    let replace = false
    for (let i = 3; i < argv.length; i++) {
      const word = argv[i]!.toUpperCase()
      if (word === 'REPLACE') replace = true
      else if (word === 'DB' && i + 1 < argv.length) {
        const chosen = engine.databases[integer32(argv[++i]!)]
        if (chosen === undefined) throw new ErrorReply('ERR DB index is out of range')
        target = chosen
      } else throw SYNTAX_ERROR
    }
    if (target === db && from === to) throw SAME_OBJECT
    const entry = db.find(from)
    if (entry === undefined) return 0
    const old = target.take(to)
    if (old !== undefined) {
      if (!replace) return 0
      target.remove(old)
    }
    const copied = target.add(to, typeof entry.value === 'string' ? entry.value : entry.value.clone())
    copied.raw = entry.raw
    copied.text = entry.text
    if (entry.expiresAt !== -1) target.expireAt(copied, entry.expiresAt)
    target.changed(to, EVENT.generic, 'copy_to')
    return 1
  },
}
