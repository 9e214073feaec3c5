import { countedKeys, keys } from '../catalog/key-spec.ts'
import { RedisSet } from '../data/redis-set.ts'
import { SortedSet } from '../data/sorted-set.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR, WRONG_TYPE } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { DoubleReply, ErrorReply, PairsReply, type Reply } from '../resp/value.ts'
import { float, integer, integerWithin } from './parse.ts'
import { limitsOf } from './sorted-set.ts'
import { storeOrDelete } from './store.ts'

/** @see https://redis.io/docs/latest/commands/zunion/ */
export const zunion: Command<[numkeys: string, key: string, ...more: string[]]> = {
  name: 'zunion',
  arity: -3,
  group: 'sorted-set',
  since: '6.2.0',
  summary: 'Add multiple sorted sets',
  complexity:
    'O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.',
  flags: ['readonly'],
  keys: [countedKeys('RO access')],
  run: (client, argv) => reply(client, argv, 'zunion', union),
}

/** @see https://redis.io/docs/latest/commands/zinter/ */
export const zinter: Command<[numkeys: string, key: string, ...more: string[]]> = {
  name: 'zinter',
  arity: -3,
  group: 'sorted-set',
  since: '6.2.0',
  summary: 'Intersect multiple sorted sets',
  complexity:
    'O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.',
  flags: ['readonly'],
  keys: [countedKeys('RO access')],
  run: (client, argv) => reply(client, argv, 'zinter', intersection),
}

/** @see https://redis.io/docs/latest/commands/zdiff/ */
export const zdiff: Command<[numkeys: string, key: string, ...more: string[]]> = {
  name: 'zdiff',
  arity: -3,
  group: 'sorted-set',
  since: '6.2.0',
  summary: 'Subtract multiple sorted sets',
  complexity:
    'O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.',
  flags: ['readonly'],
  keys: [countedKeys('RO access')],
  run: (client, argv) => reply(client, argv, 'zdiff', difference),
}

/** @see https://redis.io/docs/latest/commands/zunionstore/ */
export const zunionstore: Command<[destination: string, numkeys: string, key: string, ...more: string[]]> = {
  name: 'zunionstore',
  arity: -4,
  group: 'sorted-set',
  since: '2.0.0',
  summary: 'Add multiple sorted sets and store the resulting sorted set in a new key',
  complexity:
    'O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.',
  flags: ['write', 'denyoom'],
  keys: [keys('OW update'), countedKeys('RO access', { at: 2 })],
  run: (client, argv) => store(client, argv, 'zunionstore', union),
}

/** @see https://redis.io/docs/latest/commands/zinterstore/ */
export const zinterstore: Command<[destination: string, numkeys: string, key: string, ...more: string[]]> = {
  name: 'zinterstore',
  arity: -4,
  group: 'sorted-set',
  since: '2.0.0',
  summary: 'Intersect multiple sorted sets and store the resulting sorted set in a new key',
  complexity:
    'O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.',
  flags: ['write', 'denyoom'],
  keys: [keys('OW update'), countedKeys('RO access', { at: 2 })],
  run: (client, argv) => store(client, argv, 'zinterstore', intersection),
}

/** @see https://redis.io/docs/latest/commands/zdiffstore/ */
export const zdiffstore: Command<[destination: string, numkeys: string, key: string, ...more: string[]]> = {
  name: 'zdiffstore',
  arity: -4,
  group: 'sorted-set',
  since: '6.2.0',
  summary: 'Subtract multiple sorted sets and store the resulting sorted set in a new key',
  complexity:
    'O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.',
  flags: ['write', 'denyoom'],
  keys: [keys('OW update'), countedKeys('RO access', { at: 2 })],
  run: (client, argv) => store(client, argv, 'zdiffstore', difference),
}

/** @see https://redis.io/docs/latest/commands/zintercard/ */
export const zintercard: Command<[numkeys: string, key: string, ...more: string[]]> = {
  name: 'zintercard',
  arity: -3,
  group: 'sorted-set',
  since: '7.0.0',
  summary: 'Intersect multiple sorted sets and return the cardinality of the result',
  complexity: 'O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.',
  flags: ['readonly'],
  keys: [countedKeys('RO access')],
  run({ db }, argv) {
    const { operands, rest } = readOperands(db, argv, 1, 'zintercard')
    let limit = 0
    for (let i = rest; i < argv.length; i += 2) {
      if (argv[i]!.toUpperCase() !== 'LIMIT' || i + 1 >= argv.length) throw SYNTAX_ERROR
      limit = integerWithin(argv[i + 1]!, 0, Infinity, "LIMIT can't be negative")
    }
    let count = 0
    for (const _ of intersection(operands, 'SUM')) if (++count === limit) break
    return count
  },
}

/** One of the sets to combine; the members of a plain set have scores of 1. */
interface Operand {
  readonly set: SortedSet | RedisSet | undefined
  weight: number
}

type Scores = Iterable<readonly [member: string, score: number]>
type Combine = (operands: readonly Operand[], aggregate: Aggregation) => Scores

/** How the scores of one member are combined. */
type Aggregation = 'SUM' | 'MIN' | 'MAX'

function reply({ db }: Caller, argv: readonly string[], name: string, combine: Combine): Reply {
  const { operands, rest } = readOperands(db, argv, 1, name)
  const { aggregate, withScores } = parseOptions(argv, rest, operands, combine !== difference, true)
  const members = [...SortedSet.of(combine(operands, aggregate), LARGE)]
  if (!withScores) return members.map(({ member }) => member)
  return new PairsReply(members.flatMap(({ member, score }) => [member, new DoubleReply(score)]))
}

/**
 * A result that is not stored is a large one, whatever its size: only a large one can contain a
 * negative zero.
 */
const LARGE = { entries: -1, valueBytes: -1 }

function store(client: Caller, argv: readonly string[], name: string, combine: Combine): number {
  const { operands, rest } = readOperands(client.db, argv, 2, name)
  const { aggregate } = parseOptions(argv, rest, operands, combine !== difference, false)
  const result = SortedSet.of(combine(operands, aggregate), limitsOf(client))
  return storeOrDelete(client.db, argv[1]!, result, result.size, EVENT.sortedSet, name)
}

/** Reads `numkeys key …` and the values of the keys. */
function readOperands(
  db: Caller['db'],
  argv: readonly string[],
  at: number,
  name: string,
): { readonly operands: Operand[]; readonly rest: number } {
  const numkeys = integer(argv[at]!)
  if (numkeys < 1) throw new ErrorReply(`ERR at least 1 input key is needed for '${name}' command`)
  const rest = at + 1 + numkeys
  if (rest > argv.length) throw SYNTAX_ERROR
  const operands = argv.slice(at + 1, rest).map((key) => {
    const value = db.find(key)?.value
    if (value !== undefined && !(value instanceof SortedSet || value instanceof RedisSet)) throw WRONG_TYPE
    return { set: value, weight: 1 }
  })
  return { operands, rest }
}

/** Reads `[WEIGHTS weight …] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]`. */
function parseOptions(
  argv: readonly string[],
  rest: number,
  operands: readonly Operand[],
  mayAggregate: boolean,
  mayHaveScores: boolean,
): { readonly aggregate: Aggregation; readonly withScores: boolean } {
  let aggregate: Aggregation = 'SUM'
  let withScores = false
  for (let i = rest; i < argv.length; i++) {
    const word = argv[i]!.toUpperCase()
    if (word === 'WEIGHTS' && mayAggregate && i + operands.length < argv.length) {
      for (const operand of operands) operand.weight = float(argv[++i]!, NOT_A_WEIGHT)
    } else if (word === 'AGGREGATE' && mayAggregate && i + 1 < argv.length) {
      const how = argv[++i]!.toUpperCase()
      if (how !== 'SUM' && how !== 'MIN' && how !== 'MAX') throw SYNTAX_ERROR
      aggregate = how
    } else if (word === 'WITHSCORES' && mayHaveScores) withScores = true
    else throw SYNTAX_ERROR
  }
  return { aggregate, withScores }
}

const NOT_A_WEIGHT = new ErrorReply('ERR weight value is not a float')

/**
 * Smallest set first: that saves work, and the order in which scores are added decides how the sum
 * is rounded.
 */
function bySize(operands: readonly Operand[]): readonly Operand[] {
  return [...operands].sort((a, b) => (a.set?.size ?? 0) - (b.set?.size ?? 0))
}

function* union(operands: readonly Operand[], aggregate: Aggregation): Generator<readonly [string, number]> {
  const scores = new Map<string, number>()
  for (const { set, weight } of bySize(operands)) {
    for (const [member, score] of scoresOf(set)) {
      const weighted = weigh(score, weight)
      const before = scores.get(member)
      scores.set(member, before === undefined ? weighted : together(before, weighted, aggregate))
    }
  }
  yield* scores
}

function* intersection(operands: readonly Operand[], aggregate: Aggregation): Generator<readonly [string, number]> {
  const [smallest, ...others] = bySize(operands)
  for (const [member, score] of scoresOf(smallest!.set)) {
    let sum: number | undefined = weigh(score, smallest!.weight)
    for (const { set, weight } of others) {
      const other: number | undefined = scoreIn(set, member)
      sum = other === undefined ? undefined : together(sum, other * weight, aggregate)
      if (sum === undefined) break
    }
    if (sum !== undefined) yield [member, sum]
  }
}

function* difference([first, ...others]: readonly Operand[]): Generator<readonly [string, number]> {
  for (const [member, score] of scoresOf(first!.set)) {
    if (!others.some(({ set }) => scoreIn(set, member) !== undefined)) yield [member, score]
  }
}

function* scoresOf(set: Operand['set']): Generator<readonly [member: string, score: number]> {
  if (set instanceof SortedSet) for (const { member, score } of set) yield [member, score]
  else if (set !== undefined) for (const member of set.members()) yield [member, 1]
}

function scoreIn(set: Operand['set'], member: string): number | undefined {
  if (set instanceof SortedSet) return set.score(member)
  return set?.has(member) ? 1 : undefined
}

/** Zero times infinity counts as zero. */
function weigh(score: number, weight: number): number {
  const weighted = score * weight
  return Number.isNaN(weighted) ? 0 : weighted
}

function together(a: number, b: number, aggregate: Aggregation): number {
  // Not Math.min: it returns NaN if either is NaN, and takes -0 as less than 0.
  if (aggregate !== 'SUM') return (aggregate === 'MIN' ? b < a : b > a) ? b : a
  // The sum of both infinities counts as zero.
  return Number.isNaN(a + b) ? 0 : a + b
}
