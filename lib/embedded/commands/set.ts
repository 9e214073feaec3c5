import { keys } from '../catalog/key-spec.ts'
import { RedisSet } from '../data/redis-set.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { EVENT } from '../keyspace/events.ts'
import { SetReply } from '../resp/value.ts'

/** @see https://redis.io/docs/latest/commands/sadd/ */
export const sadd: Command<[key: string, member: string, ...more: string[]]> = {
  name: 'sadd',
  arity: -3,
  group: 'set',
  since: '1.0.0',
  summary: 'Add one or more members to a set',
  complexity:
    'O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW insert')],
  run({ db, engine }, argv) {
    const [, key] = argv
    let set = db.takeAs(key, RedisSet)
    if (set === undefined) {
      set = new RedisSet()
      db.add(key, set)
    }
    let added = 0
    for (let i = 2; i < argv.length; i++) if (set.add(argv[i]!, engine.config.setMaxIntegers)) added++
    if (added > 0) db.changed(key, EVENT.set, 'sadd', added)
    return added
  },
}

/** @see https://redis.io/docs/latest/commands/srem/ */
export const srem: Command<[key: string, member: string, ...more: string[]]> = {
  name: 'srem',
  arity: -3,
  group: 'set',
  since: '1.0.0',
  summary: 'Remove one or more members from a set',
  complexity: 'O(N) where N is the number of members to be removed.',
  flags: ['write', 'fast'],
  keys: [keys('RW delete')],
  run({ db }, argv) {
    const [, key] = argv
    const set = db.takeAs(key, RedisSet)
    if (set === undefined) return 0
    let removed = 0
    for (let i = 2; i < argv.length && set.size > 0; i++) if (set.delete(argv[i]!)) removed++
    if (removed === 0) return 0
    db.changed(key, EVENT.set, 'srem', removed)
    removeIfEmpty(db, key, set)
    return removed
  },
}

/** Removes the key of a set whose last member was removed. */
export function removeIfEmpty(db: Caller['db'], key: string, set: RedisSet): void {
  if (set.size > 0) return
  db.remove(db.peek(key)!)
  db.notify(EVENT.generic, 'del', key)
}

/** @see https://redis.io/docs/latest/commands/smembers/ */
export const smembers: Command<[key: string]> = {
  name: 'smembers',
  arity: 2,
  group: 'set',
  since: '1.0.0',
  summary: 'Get all the members in a set',
  complexity: 'O(N) where N is the set cardinality.',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  keys: [keys('RO access')],
  run: ({ db }, argv) => new SetReply([...(db.get(argv[1], RedisSet)?.members() ?? [])]),
}

/** @see https://redis.io/docs/latest/commands/sismember/ */
export const sismember: Command<[key: string, member: string]> = {
  name: 'sismember',
  arity: 3,
  group: 'set',
  since: '1.0.0',
  summary: 'Determine if a given value is a member of a set',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO')],
  run: ({ db }, argv) => (db.get(argv[1], RedisSet)?.has(argv[2]) ? 1 : 0),
}

/** @see https://redis.io/docs/latest/commands/smismember/ */
export const smismember: Command<[key: string, member: string, ...more: string[]]> = {
  name: 'smismember',
  arity: -3,
  group: 'set',
  since: '6.2.0',
  summary: 'Returns the membership associated with the given elements for a set',
  complexity: 'O(N) where N is the number of elements being checked for membership',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    const set = db.get(argv[1], RedisSet)
    return argv.slice(2).map((member) => (set?.has(member) ? 1 : 0))
  },
}

/** @see https://redis.io/docs/latest/commands/scard/ */
export const scard: Command<[key: string]> = {
  name: 'scard',
  arity: 2,
  group: 'set',
  since: '1.0.0',
  summary: 'Get the number of members in a set',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO')],
  run: ({ db }, argv) => db.get(argv[1], RedisSet)?.size ?? 0,
}

/** @see https://redis.io/docs/latest/commands/smove/ */
export const smove: Command<[source: string, destination: string, member: string]> = {
  name: 'smove',
  arity: 4,
  group: 'set',
  since: '1.0.0',
  summary: 'Move a member from one set to another',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  keys: [keys('RW access delete'), keys('RW insert', { at: 2 })],
  run({ db, engine }, [, source, destination, member]) {
    const from = db.take(source)
    const to = db.take(destination)
    // Redis checks the type of the destination only if the source exists.
    if (from === undefined) return 0
    const set = db.takeAs(source, RedisSet)!
    let target = db.takeAs(destination, RedisSet)
    if (from === to) return set.has(member) ? 1 : 0
    if (!set.delete(member)) return 0
    db.changed(source, EVENT.set, 'srem')
    removeIfEmpty(db, source, set)
    if (target === undefined) {
      target = new RedisSet()
      db.add(destination, target)
    }
    if (target.add(member, engine.config.setMaxIntegers)) db.changed(destination, EVENT.set, 'sadd')
    return 1
  },
}
