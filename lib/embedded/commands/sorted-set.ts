import { keys } from '../catalog/key-spec.ts'
import { SortedSet, type SortedSetLimits } from '../data/sorted-set.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { DoubleReply, ErrorReply, type Reply } from '../resp/value.ts'
import { float } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/zadd/ */
export const zadd: Command<[key: string, score: string, member: string, ...more: string[]]> = {
  name: 'zadd',
  arity: -4,
  group: 'sorted-set',
  since: '1.2.0',
  summary: 'Add one or more members to a sorted set, or update its score if it already exists',
  complexity: 'O(log(N)) for each item added, where N is the number of elements in the sorted set.',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW update')],
  run(client, argv) {
    const options = new Set<string>()
    let first = 2
    while (first < argv.length && OPTIONS.has(argv[first]!.toUpperCase())) options.add(argv[first++]!.toUpperCase())
    return addPairs(client, argv, first, options)
  },
}

const OPTIONS: ReadonlySet<string> = new Set(['NX', 'XX', 'GT', 'LT', 'CH', 'INCR'])

/** @see https://redis.io/docs/latest/commands/zincrby/ */
export const zincrby: Command<[key: string, increment: string, member: string]> = {
  name: 'zincrby',
  arity: 4,
  group: 'sorted-set',
  since: '1.2.0',
  summary: 'Increment the score of a member in a sorted set',
  complexity: 'O(log(N)) where N is the number of elements in the sorted set.',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW access update')],
  run: (client, argv) => addPairs(client, argv, 2, INCREMENT),
}

const INCREMENT: ReadonlySet<string> = new Set(['INCR'])

/** Adds pairs of score and member, beginning at the argument `first`. */
export function addPairs(client: Caller, argv: readonly string[], first: number, options: ReadonlySet<string>): Reply {
  const { db } = client
  const key = argv[1]!
  const pairs = (argv.length - first) / 2
  if (pairs === 0 || !Number.isInteger(pairs)) throw SYNTAX_ERROR
  checkOptions(options, pairs)
  const scores: number[] = []
  for (let i = first; i < argv.length; i += 2) scores.push(float(argv[i]!))
  const found = db.takeAs(key, SortedSet)
  const increments = options.has('INCR')
  if (found === undefined && options.has('XX')) return increments ? null : 0
  const set = found ?? new SortedSet()
  if (found === undefined) db.add(key, set)
  const limits = limitsOf(client)
  let added = 0
  let updated = 0
  let last: number | undefined
  for (const [i, given] of scores.entries()) {
    const member = argv[first + i * 2 + 1]!
    const old = set.score(member)
    const score = increments && old !== undefined ? old + given : given
    if (options.has(old === undefined ? 'XX' : 'NX')) continue
    // Only an increment gets here. It has only this pair, so nothing was added before.
    if (Number.isNaN(score)) throw NOT_A_NUMBER
    if (old !== undefined && (options.has('GT') ? score <= old : options.has('LT') && score >= old)) continue
    last = score
    if (score === old) continue
    if (old === undefined) added++
    else updated++
    set.set(member, score, limits)
  }
  if (added + updated > 0) db.changed(key, EVENT.sortedSet, increments ? 'zincr' : 'zadd', added + updated)
  if (increments) return last === undefined ? null : new DoubleReply(last)
  return options.has('CH') ? added + updated : added
}

const NOT_A_NUMBER = new ErrorReply('ERR resulting score is not a number (NaN)')

function checkOptions(options: ReadonlySet<string>, pairs: number): void {
  const [nx, gt, lt] = [options.has('NX'), options.has('GT'), options.has('LT')]
  if (nx && options.has('XX')) throw new ErrorReply('ERR XX and NX options at the same time are not compatible')
  if ((gt && lt) || (nx && (gt || lt))) {
    throw new ErrorReply('ERR GT, LT, and/or NX options at the same time are not compatible')
  }
  if (options.has('INCR') && pairs > 1) {
    throw new ErrorReply('ERR INCR option supports a single increment-element pair')
  }
}

/** The size up to which sorted sets are small. */
export function limitsOf({ engine: { config } }: Caller): SortedSetLimits {
  return { entries: config.sortedSetMaxEntries, valueBytes: config.sortedSetMaxValueBytes }
}

/** @see https://redis.io/docs/latest/commands/zrem/ */
export const zrem: Command<[key: string, member: string, ...more: string[]]> = {
  name: 'zrem',
  arity: -3,
  group: 'sorted-set',
  since: '1.2.0',
  summary: 'Remove one or more members from a sorted set',
  complexity:
    'O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.',
  flags: ['write', 'fast'],
  keys: [keys('RW delete')],
  run({ db }, argv) {
    const [, key] = argv
    const set = db.takeAs(key, SortedSet)
    if (set === undefined) return 0
    let removed = 0
    for (let i = 2; i < argv.length && set.size > 0; i++) if (set.delete(argv[i]!)) removed++
    if (removed > 0) removedFrom(db, key, set, 'zrem', removed)
    return removed
  },
}

/** Reports that members were removed, and removes a set that became empty. */
export function removedFrom(db: Caller['db'], key: string, set: SortedSet, event: string, count: number): void {
  db.changed(key, EVENT.sortedSet, event, count)
  if (set.size > 0) return
  db.remove(db.peek(key)!)
  db.notify(EVENT.generic, 'del', key)
}

/** @see https://redis.io/docs/latest/commands/zcard/ */
export const zcard: Command<[key: string]> = {
  name: 'zcard',
  arity: 2,
  group: 'sorted-set',
  since: '1.2.0',
  summary: 'Get the number of members in a sorted set',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO')],
  run: ({ db }, argv) => db.get(argv[1], SortedSet)?.size ?? 0,
}

/** @see https://redis.io/docs/latest/commands/zscore/ */
export const zscore: Command<[key: string, member: string]> = {
  name: 'zscore',
  arity: 3,
  group: 'sorted-set',
  since: '1.2.0',
  summary: 'Get the score associated with the given member in a sorted set',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run: ({ db }, argv) => scoreReply(db.get(argv[1], SortedSet)?.score(argv[2])),
}

/** @see https://redis.io/docs/latest/commands/zmscore/ */
export const zmscore: Command<[key: string, member: string, ...more: string[]]> = {
  name: 'zmscore',
  arity: -3,
  group: 'sorted-set',
  since: '6.2.0',
  summary: 'Get the score associated with the given members in a sorted set',
  complexity: 'O(N) where N is the number of members being requested.',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    const set = db.get(argv[1], SortedSet)
    return argv.slice(2).map((member) => scoreReply(set?.score(member)))
  },
}

function scoreReply(score: number | undefined): Reply {
  return score === undefined ? null : new DoubleReply(score)
}

/** @see https://redis.io/docs/latest/commands/zrank/ */
export const zrank: Command<[key: string, member: string]> = {
  name: 'zrank',
  arity: 3,
  group: 'sorted-set',
  since: '2.0.0',
  summary: 'Determine the index of a member in a sorted set',
  complexity: 'O(log(N))',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run: ({ db }, argv) => db.get(argv[1], SortedSet)?.rank(argv[2]) ?? null,
}

/** @see https://redis.io/docs/latest/commands/zrevrank/ */
export const zrevrank: Command<[key: string, member: string]> = {
  name: 'zrevrank',
  arity: 3,
  group: 'sorted-set',
  since: '2.0.0',
  summary: 'Determine the index of a member in a sorted set, with scores ordered from high to low',
  complexity: 'O(log(N))',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    const set = db.get(argv[1], SortedSet)
    const rank = set?.rank(argv[2])
    return rank === undefined ? null : set!.size - 1 - rank
  },
}
