import { keys } from '../catalog/key-spec.ts'
import { Hash } from '../data/hash.ts'
import type { Command } from '../engine/command.ts'
import { OUT_OF_RANGE, SYNTAX_ERROR } from '../errors.ts'
import { PairsReply } from '../resp/value.ts'
import { drawMany, MOST_PAIRS, randomCount } from './random.ts'

/** @see https://redis.io/docs/latest/commands/hrandfield/ */
export const hrandfield: Command<[key: string, ...options: string[]]> = {
  name: 'hrandfield',
  arity: -2,
  group: 'hash',
  since: '6.2.0',
  summary: 'Get one or multiple random fields from a hash',
  complexity: 'O(N) where N is the number of fields returned',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    const [, key, countText, option] = argv
    if (countText === undefined) return db.get(key, Hash)?.random()[0] ?? null
    const count = randomCount(countText)
    if (argv.length > 4 || (option !== undefined && option.toUpperCase() !== 'WITHVALUES')) throw SYNTAX_ERROR
    if (option !== undefined && Math.abs(count) >= MOST_PAIRS) throw OUT_OF_RANGE
    const hash = db.get(key, Hash)
    if (hash === undefined) return []
    const drawn = drawMany(
      count,
      hash.size,
      () => hash.random()[0],
      () => hash.fields(),
    )
    if (option === undefined) return drawn
    return new PairsReply(drawn.flatMap((field) => [field, hash.get(field)!]))
  },
}
