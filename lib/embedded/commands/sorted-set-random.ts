import { keys } from '../catalog/key-spec.ts'
import { SortedSet } from '../data/sorted-set.ts'
import type { Command } from '../engine/command.ts'
import { OUT_OF_RANGE, SYNTAX_ERROR } from '../errors.ts'
import { DoubleReply, PairsReply } from '../resp/value.ts'
import { drawMany, MOST_PAIRS, randomCount } from './random.ts'

/** @see https://redis.io/docs/latest/commands/zrandmember/ */
export const zrandmember: Command<[key: string, ...options: string[]]> = {
  name: 'zrandmember',
  arity: -2,
  group: 'sorted-set',
  since: '6.2.0',
  summary: 'Get one or multiple random elements from a sorted set',
  complexity: 'O(N) where N is the number of elements returned',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    const [, key, countText, option] = argv
    if (countText === undefined) return db.get(key, SortedSet)?.random().member ?? null
    const count = randomCount(countText)
    if (argv.length > 4 || (option !== undefined && option.toUpperCase() !== 'WITHSCORES')) throw SYNTAX_ERROR
    if (option !== undefined && Math.abs(count) >= MOST_PAIRS) throw OUT_OF_RANGE
    const set = db.get(key, SortedSet)
    if (set === undefined) return []
    const drawn = drawMany(
      count,
      set.size,
      () => set.random(),
      () => set,
    )
    if (option === undefined) return drawn.map(({ member }) => member)
    return new PairsReply(drawn.flatMap(({ member, score }) => [member, new DoubleReply(score)]))
  },
}
