import { keys } from '../catalog/key-spec.ts'
import { RedisSet } from '../data/redis-set.ts'
import { SortedSet } from '../data/sorted-set.ts'
import type { Command } from '../engine/command.ts'
import { formatDouble } from '../text/numbers.ts'
import { EMPTY, parseCursor, parseScanOptions } from './scan.ts'

/** @see https://redis.io/docs/latest/commands/sscan/ */
export const sscan: Command<[key: string, cursor: string, ...options: string[]]> = {
  name: 'sscan',
  arity: -3,
  group: 'set',
  since: '2.8.0',
  summary: 'Incrementally iterate Set elements',
  complexity:
    'O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection..',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    const cursor = parseCursor(argv[2])
    const set = db.get(argv[1], RedisSet)
    if (set === undefined) return EMPTY
    const options = parseScanOptions(argv, 3, false)
    const found: string[] = []
    const next = set.scan(cursor, options.count, (member) => {
      if (options.matches(member)) found.push(member)
    })
    return [String(next), found]
  },
}

/** @see https://redis.io/docs/latest/commands/zscan/ */
export const zscan: Command<[key: string, cursor: string, ...options: string[]]> = {
  name: 'zscan',
  arity: -3,
  group: 'sorted-set',
  since: '2.8.0',
  summary: 'Incrementally iterate sorted sets elements and associated scores',
  complexity:
    'O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection..',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    const cursor = parseCursor(argv[2])
    const set = db.get(argv[1], SortedSet)
    if (set === undefined) return EMPTY
    const options = parseScanOptions(argv, 3, false)
    const found: string[] = []
    const next = set.scan(cursor, options.count, ({ member, score }) => {
      if (options.matches(member)) found.push(member, formatScore(set, score))
    })
    return [String(next), found]
  },
}

/** Up to this size, a small set stores integers as integers. */
const LARGEST_KEPT = 2 ** 62

/** Writes a score as the set stores it: an integer in a small set has all its digits. */
function formatScore(set: SortedSet, score: number): string {
  const kept = set.encoding === 'listpack' && Number.isInteger(score) && Math.abs(score) <= LARGEST_KEPT
  return kept ? BigInt(score).toString() : formatDouble(score)
}
