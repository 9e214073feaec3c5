import { keys } from '../catalog/key-spec.ts'
import { SortedSet } from '../data/sorted-set.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { removedFrom } from './sorted-set.ts'
import { type Measure, parseBounds } from './sorted-set-bounds.ts'

/** @see https://redis.io/docs/latest/commands/zcount/ */
export const zcount: Command<[key: string, min: string, max: string]> = {
  name: 'zcount',
  arity: 4,
  group: 'sorted-set',
  since: '2.0.0',
  summary: 'Count the members in a sorted set with scores within the given values',
  complexity: 'O(log(N)) with N being the number of elements in the sorted set.',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run: (client, argv) => count(client, argv, 'score'),
}

/** @see https://redis.io/docs/latest/commands/zlexcount/ */
export const zlexcount: Command<[key: string, min: string, max: string]> = {
  name: 'zlexcount',
  arity: 4,
  group: 'sorted-set',
  since: '2.8.9',
  summary: 'Count the number of members in a sorted set between a given lexicographical range',
  complexity: 'O(log(N)) with N being the number of elements in the sorted set.',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run: (client, argv) => count(client, argv, 'lex'),
}

function count({ db }: Caller, argv: readonly string[], measure: Measure): number {
  const find = parseBounds(measure, argv[2]!, argv[3]!)
  const set = db.get(argv[1]!, SortedSet)
  if (set === undefined) return 0
  const { start, end } = find(set)
  return Math.max(0, end - start)
}

/** @see https://redis.io/docs/latest/commands/zremrangebyrank/ */
export const zremrangebyrank: Command<[key: string, start: string, stop: string]> = {
  name: 'zremrangebyrank',
  arity: 4,
  group: 'sorted-set',
  since: '2.0.0',
  summary: 'Remove all members in a sorted set within the given indexes',
  complexity:
    'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.',
  flags: ['write'],
  keys: [keys('RW delete')],
  run: (client, argv) => removeRange(client, argv, 'rank', 'zremrangebyrank'),
}

/** @see https://redis.io/docs/latest/commands/zremrangebyscore/ */
export const zremrangebyscore: Command<[key: string, min: string, max: string]> = {
  name: 'zremrangebyscore',
  arity: 4,
  group: 'sorted-set',
  since: '1.2.0',
  summary: 'Remove all members in a sorted set within the given scores',
  complexity:
    'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.',
  flags: ['write'],
  keys: [keys('RW delete')],
  run: (client, argv) => removeRange(client, argv, 'score', 'zremrangebyscore'),
}

/** @see https://redis.io/docs/latest/commands/zremrangebylex/ */
export const zremrangebylex: Command<[key: string, min: string, max: string]> = {
  name: 'zremrangebylex',
  arity: 4,
  group: 'sorted-set',
  since: '2.8.9',
  summary: 'Remove all members in a sorted set between the given lexicographical range',
  complexity:
    'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.',
  flags: ['write'],
  keys: [keys('RW delete')],
  run: (client, argv) => removeRange(client, argv, 'lex', 'zremrangebylex'),
}

function removeRange({ db }: Caller, argv: readonly string[], measure: Measure, event: string): number {
  const find = parseBounds(measure, argv[2]!, argv[3]!)
  const key = argv[1]!
  const set = db.takeAs(key, SortedSet)
  if (set === undefined) return 0
  const { start, end } = find(set)
  const found = [...set.range(start, end)]
  for (const { member } of found) set.delete(member)
  if (found.length > 0) removedFrom(db, key, set, event, found.length)
  return found.length
}
