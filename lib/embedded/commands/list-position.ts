import { keys } from '../catalog/key-spec.ts'
import { List } from '../data/list.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { ErrorReply } from '../resp/value.ts'
import { integer, integerWithin, optionValue } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/lpos/ */
export const lpos: Command<[key: string, element: string, ...options: string[]]> = {
  name: 'lpos',
  arity: -3,
  group: 'list',
  since: '6.0.6',
  summary: 'Return the index of matching elements on a list',
  complexity:
    'O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant time.',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    const { rank, count, maxLength } = parse(argv)
    const list = db.get(argv[1], List)
    const matches: number[] = []
    if (list !== undefined) {
      const wanted = count === 0 ? Infinity : (count ?? 1)
      const compared = maxLength === 0 ? list.length : Math.min(maxLength, list.length)
      let skip = Math.abs(rank) - 1
      for (let i = 0; i < compared && matches.length < wanted; i++) {
        const at = rank > 0 ? i : list.length - 1 - i
        if (list.at(at) === argv[2] && skip-- <= 0) matches.push(at)
      }
    }
    return count === undefined ? (matches[0] ?? null) : matches
  },
}

const RANK_ZERO = new ErrorReply(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
)

function parse(argv: readonly string[]): { rank: number; count: number | undefined; maxLength: number } {
  let rank = 1
  let count: number | undefined
  let maxLength = 0
  for (let i = 3; i < argv.length; i += 2) {
    const word = argv[i]!.toUpperCase()
    const value = optionValue(argv, i + 1)
    if (word === 'RANK') {
      rank = integer(value)
      // The least integer has no opposite; for it Redis returns the first match from the end.
      if (rank === -(2 ** 63)) rank = -1
      if (rank === 0) throw RANK_ZERO
    } else if (word === 'COUNT') count = integerWithin(value, 0, Infinity, "COUNT can't be negative")
    else if (word === 'MAXLEN') maxLength = integerWithin(value, 0, Infinity, "MAXLEN can't be negative")
    else throw SYNTAX_ERROR
  }
  return { rank, count, maxLength }
}
