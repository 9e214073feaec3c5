import { keys } from '../catalog/key-spec.ts'
import { type Scored, SortedSet } from '../data/sorted-set.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { DoubleReply, ErrorReply, PairsReply, type Reply } from '../resp/value.ts'
import { integer } from './parse.ts'
import { limitsOf } from './sorted-set.ts'
import { type Measure, type Part, parseBounds } from './sorted-set-bounds.ts'
import { storeOrDelete } from './store.ts'

/** @see https://redis.io/docs/latest/commands/zrange/ */
export const zrange: Command<[key: string, start: string, stop: string, ...options: string[]]> = {
  name: 'zrange',
  arity: -4,
  group: 'sorted-set',
  since: '1.2.0',
  summary: 'Return a range of members in a sorted set',
  complexity:
    'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => replyRange(client, argv, {}),
}

/** @see https://redis.io/docs/latest/commands/zrangestore/ */
export const zrangestore: Command<
  [destination: string, source: string, min: string, max: string, ...options: string[]]
> = {
  name: 'zrangestore',
  arity: -5,
  group: 'sorted-set',
  since: '6.2.0',
  summary: 'Store a range of members from sorted set into another key',
  complexity:
    'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the destination key.',
  flags: ['write', 'denyoom'],
  keys: [keys('OW update'), keys('RO access', { at: 2 })],
  run(client, argv) {
    const request = parseRange(argv, 2, {}, false)
    const set = client.db.get(argv[2], SortedSet)
    const result = new SortedSet()
    const limits = limitsOf(client)
    if (set !== undefined) for (const { member, score } of select(set, request)) result.set(member, score, limits)
    return storeOrDelete(client.db, argv[1], result, result.size, EVENT.sortedSet, 'zrangestore')
  },
}

/** @see https://redis.io/docs/latest/commands/zrevrange/ */
export const zrevrange: Command<[key: string, start: string, stop: string, ...options: string[]]> = {
  name: 'zrevrange',
  arity: -4,
  group: 'sorted-set',
  since: '1.2.0',
  summary: 'Return a range of members in a sorted set, by index, with scores ordered from high to low',
  complexity:
    'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => replyRange(client, argv, { measure: 'rank', backwards: true }),
}

/** @see https://redis.io/docs/latest/commands/zrangebyscore/ */
export const zrangebyscore: Command<[key: string, min: string, max: string, ...options: string[]]> = {
  name: 'zrangebyscore',
  arity: -4,
  group: 'sorted-set',
  since: '1.0.5',
  summary: 'Return a range of members in a sorted set, by score',
  complexity:
    'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => replyRange(client, argv, { measure: 'score', backwards: false }),
}

/** @see https://redis.io/docs/latest/commands/zrevrangebyscore/ */
export const zrevrangebyscore: Command<[key: string, max: string, min: string, ...options: string[]]> = {
  name: 'zrevrangebyscore',
  arity: -4,
  group: 'sorted-set',
  since: '2.2.0',
  summary: 'Return a range of members in a sorted set, by score, with scores ordered from high to low',
  complexity:
    'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => replyRange(client, argv, { measure: 'score', backwards: true }),
}

/** @see https://redis.io/docs/latest/commands/zrangebylex/ */
export const zrangebylex: Command<[key: string, min: string, max: string, ...options: string[]]> = {
  name: 'zrangebylex',
  arity: -4,
  group: 'sorted-set',
  since: '2.8.9',
  summary: 'Return a range of members in a sorted set, by lexicographical range',
  complexity:
    'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => replyRange(client, argv, { measure: 'lex', backwards: false }),
}

/** @see https://redis.io/docs/latest/commands/zrevrangebylex/ */
export const zrevrangebylex: Command<[key: string, max: string, min: string, ...options: string[]]> = {
  name: 'zrevrangebylex',
  arity: -4,
  group: 'sorted-set',
  since: '2.8.9',
  summary: 'Return a range of members in a sorted set, by lexicographical range, ordered from higher to lower strings.',
  complexity:
    'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => replyRange(client, argv, { measure: 'lex', backwards: true }),
}

/** The options that the name of the command implies. */
interface Settled {
  readonly measure?: Measure
  readonly backwards?: boolean
}

/** The requested range. */
interface RangeRequest {
  readonly find: (set: SortedSet) => Part
  readonly backwards: boolean
  readonly withScores: boolean
  readonly offset: number
  /** Negative for no limit. */
  readonly limit: number
}

function replyRange({ db }: Caller, argv: readonly string[], settled: Settled): Reply {
  const request = parseRange(argv, 1, settled, true)
  const set = db.get(argv[1]!, SortedSet)
  if (set === undefined) return []
  const found: Reply[] = []
  for (const { member, score } of select(set, request)) {
    found.push(member)
    if (request.withScores) found.push(new DoubleReply(score))
  }
  return request.withScores ? new PairsReply(found) : found
}

/**
 * Reads `key min max [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`.
 * @param at - the position of the key
 * @param mayHaveScores - whether the command accepts WITHSCORES
 */
function parseRange(argv: readonly string[], at: number, settled: Settled, mayHaveScores: boolean): RangeRequest {
  let { measure, backwards } = settled
  let withScores = false
  let offset = 0
  let limit = -1
  for (let i = at + 3; i < argv.length; i++) {
    const word = argv[i]!.toUpperCase()
    if (word === 'WITHSCORES' && mayHaveScores) withScores = true
    else if (word === 'LIMIT' && i + 2 < argv.length) {
      offset = integer(argv[++i]!)
      limit = integer(argv[++i]!)
    } else if (word === 'REV' && backwards === undefined) backwards = true
    else if (word === 'BYLEX' && measure === undefined) measure = 'lex'
    else if (word === 'BYSCORE' && measure === undefined) measure = 'score'
    else throw SYNTAX_ERROR
  }
  measure ??= 'rank'
  if (limit !== -1 && measure === 'rank') throw LIMIT_BY_RANK
  if (withScores && measure === 'lex') throw SCORES_BY_LEX
  // A reversed range of scores or members begins with its greater end.
  const [min, max] = backwards && measure !== 'rank' ? [argv[at + 2]!, argv[at + 1]!] : [argv[at + 1]!, argv[at + 2]!]
  const find = parseBounds(measure, min, max, backwards)
  return { find, backwards: backwards ?? false, withScores, offset, limit }
}

const LIMIT_BY_RANK = new ErrorReply(
  'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
)
const SCORES_BY_LEX = new ErrorReply('ERR syntax error, WITHSCORES not supported in combination with BYLEX')

function select(set: SortedSet, { find, backwards, offset, limit }: RangeRequest): Iterable<Scored> {
  if (offset < 0) return []
  const { start, end } = find(set)
  const count = limit < 0 ? Infinity : limit
  if (backwards) return set.range(Math.max(start, end - offset - count), end - offset, true)
  return set.range(start + offset, Math.min(end, start + offset + count))
}
