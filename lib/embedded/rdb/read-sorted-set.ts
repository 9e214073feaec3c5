import { SortedSet, type SortedSetLimits } from '../data/sorted-set.ts'
import { parseDouble } from '../text/numbers.ts'
import { BadPayload } from './bad-payload.ts'
import type { Reader } from './reader.ts'

type Scores = Iterable<readonly [member: string, score: number]>

export function sortedSetOf(scores: Scores, limits: SortedSetLimits): SortedSet {
  const all = new Map<string, number>()
  let count = 0
  for (const [member, score] of scores) {
    // NaN cannot be ordered.
    if (Number.isNaN(score)) throw NO_SCORE
    all.set(member, score)
    count++
  }
  if (count === 0) throw new BadPayload('it is empty')
  if (all.size !== count) throw new BadPayload('a sorted set has a member twice')
  return SortedSet.of(all, limits)
}

const NO_SCORE = new BadPayload('a score is not a number')

/** Lengths that encode a special score instead of its digits. */
const SPECIAL: Readonly<Record<number, number>> = { 253: Number.NaN, 254: Infinity, 255: -Infinity }

/** Members with their scores in digits, as Redis before 4.0 wrote them. */
export function* textScores(reader: Reader): Scores & Generator<readonly [member: string, score: number]> {
  for (let left = reader.count(2); left > 0; left--) {
    const member = reader.text()
    const length = reader.byte()
    yield [member, SPECIAL[length] ?? toScore(reader.bytes(length).toString('latin1'))]
  }
}

/** Alternating members and scores. */
export function* packedScores(flat: readonly string[]): Scores & Generator<readonly [member: string, score: number]> {
  if (flat.length % 2 !== 0) throw NO_SCORE
  for (let i = 0; i < flat.length; i += 2) yield [flat[i]!, toScore(flat[i + 1]!)]
}

function toScore(text: string): number {
  const score = parseDouble(text)
  if (score === undefined) throw NO_SCORE
  return score
}
