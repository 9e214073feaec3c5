import { keys } from '../catalog/key-spec.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { ErrorReply, MapReply, type Reply } from '../resp/value.ts'
import { integer, optionValue } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/lcs/ */
export const lcs: Command<[key1: string, key2: string, ...options: string[]]> = {
  name: 'lcs',
  arity: -3,
  group: 'string',
  since: '7.0.0',
  summary: 'Find longest common substring',
  complexity: 'O(N*M) where N and M are the lengths of s1 and s2, respectively',
  flags: ['readonly'],
  keys: [keys('RO access', { last: 1 })],
  run({ db, engine }, argv) {
    const [one, other] = [db.find(argv[1])?.value ?? '', db.find(argv[2])?.value ?? '']
    if (typeof one !== 'string' || typeof other !== 'string') {
      throw new ErrorReply('ERR The specified keys must contain string values')
    }
    const options = parse(argv)
    if ((one.length + 1) * (other.length + 1) * Uint32Array.BYTES_PER_ELEMENT > engine.config.maxBulkBytes) {
      throw new ErrorReply('ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len')
    }
    const lengths = tabulate(one, other)
    const length = lengths.at(-1)!
    if (options.length) return length
    const { text, matches } = trace(one, other, lengths)
    if (!options.positions) return text
    const shown = matches.filter((match) => match.length >= options.minLength)
    return new MapReply(['matches', shown.map((match) => describe(match, options.withLengths)), 'len', length])
  },
}

interface Options {
  readonly length: boolean
  readonly positions: boolean
  readonly withLengths: boolean
  readonly minLength: number
}

function parse(argv: readonly string[]): Options {
  const words = new Set<string>()
  let minLength = 0
  for (let i = 3; i < argv.length; i++) {
    const word = argv[i]!.toUpperCase()
    if (word === 'MINMATCHLEN') minLength = integer(optionValue(argv, ++i))
    else if (word === 'LEN' || word === 'IDX' || word === 'WITHMATCHLEN') words.add(word)
    else throw SYNTAX_ERROR
  }
  if (words.has('LEN') && words.has('IDX')) {
    throw new ErrorReply('ERR If you want both the length and indexes, please just use IDX.')
  }
  return { length: words.has('LEN'), positions: words.has('IDX'), withLengths: words.has('WITHMATCHLEN'), minLength }
}

/** The length of the longest common subsequence of every pair of prefixes, row by row. */
function tabulate(one: string, other: string): Uint32Array {
  const width = other.length + 1
  const lengths = new Uint32Array((one.length + 1) * width)
  for (let i = 1; i <= one.length; i++) {
    const char = one.charCodeAt(i - 1)
    for (let j = 1; j < width; j++) {
      const at = i * width + j
      lengths[at] =
        char === other.charCodeAt(j - 1)
          ? lengths[at - width - 1]! + 1
          : Math.max(lengths[at - width]!, lengths[at - 1]!)
    }
  }
  return lengths
}

/** A section that occurs in both texts. */
interface Match {
  /** Where the section begins in each text. */
  one: number
  other: number
  length: number
}

/**
 * Walks the table backwards from the ends of the texts; where two ways are equal, it takes the same
 * one as Redis.
 */
function trace(one: string, other: string, lengths: Uint32Array): { text: string; matches: Match[] } {
  const width = other.length + 1
  const matches: Match[] = []
  const chars: string[] = []
  let match: Match | undefined
  let [i, j] = [one.length, other.length]
  while (i > 0 && j > 0) {
    if (one[i - 1] === other[j - 1]) {
      chars.push(one[i - 1]!)
      i--
      j--
      if (match === undefined) {
        match = { one: i, other: j, length: 1 }
        matches.push(match)
      } else {
        match.one--
        match.other--
        match.length++
      }
    } else {
      if (lengths[(i - 1) * width + j]! > lengths[i * width + j - 1]!) i--
      else j--
      match = undefined
    }
  }
  return { text: chars.reverse().join(''), matches }
}

function describe({ one, other, length }: Match, withLengths: boolean): Reply {
  const places = [
    [one, one + length - 1],
    [other, other + length - 1],
  ]
  return withLengths ? [...places, length] : places
}
