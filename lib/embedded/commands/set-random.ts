import { keys } from '../catalog/key-spec.ts'
import { RedisSet } from '../data/redis-set.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { type Reply, SetReply } from '../resp/value.ts'
import { positive } from './parse.ts'
import { drawMany, randomCount } from './random.ts'
import { removeIfEmpty } from './set.ts'

/** @see https://redis.io/docs/latest/commands/spop/ */
export const spop: Command<[key: string, ...count: string[]]> = {
  name: 'spop',
  arity: -2,
  group: 'set',
  since: '1.0.0',
  summary: 'Remove and return one or multiple random members from a set',
  complexity: 'Without the count argument O(1), otherwise O(N) where N is the value of the passed count.',
  flags: ['write', 'fast'],
  tips: ['nondeterministic_output'],
  keys: [keys('RW access delete')],
  run(client, argv) {
    const [, key, countText] = argv
    if (argv.length > 3) throw SYNTAX_ERROR
    const count = countText === undefined ? undefined : positive(countText)
    const set = client.db.takeAs(key, RedisSet)
    if (count !== undefined) return set === undefined || count === 0 ? NOTHING : popMany(client, key, set, count)
    if (set === undefined) return null
    const member = set.random()
    set.delete(member)
    client.db.changed(key, EVENT.set, 'spop')
    removeIfEmpty(client.db, key, set)
    client.engine.propagation.rewrite(['SREM', key, member])
    return member
  },
}

const NOTHING = new SetReply([])

/** Redis propagates the removal of many members in batches of this size. */
const REMOVED_AT_ONCE = 1024

function popMany({ db, engine }: Caller, key: string, set: RedisSet, count: number): Reply {
  if (count >= set.size) {
    db.changed(key, EVENT.set, 'spop', set.size)
    db.remove(db.peek(key)!)
    db.notify(EVENT.generic, 'del', key)
    engine.propagation.rewrite(['DEL', key])
    return new SetReply([...set.members()])
  }
  const popped: string[] = []
  while (popped.length < count) {
    const member = set.random()
    set.delete(member)
    popped.push(member)
  }
  db.changed(key, EVENT.set, 'spop', count)
  const removals: string[][] = []
  for (let i = 0; i < count; i += REMOVED_AT_ONCE) {
    removals.push(['SREM', key, ...popped.slice(i, i + REMOVED_AT_ONCE)])
  }
  engine.propagation.rewriteAs(removals)
  return new SetReply(popped)
}

/** @see https://redis.io/docs/latest/commands/srandmember/ */
export const srandmember: Command<[key: string, ...count: string[]]> = {
  name: 'srandmember',
  arity: -2,
  group: 'set',
  since: '1.0.0',
  summary: 'Get one or multiple random members from a set',
  complexity: 'Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    const [, key, countText] = argv
    if (argv.length > 3) throw SYNTAX_ERROR
    if (countText === undefined) return db.get(key, RedisSet)?.random() ?? null
    const count = randomCount(countText)
    const set = db.get(key, RedisSet)
    if (set === undefined) return []
    return drawMany(
      count,
      set.size,
      () => set.random(),
      () => set.members(),
    )
  },
}
