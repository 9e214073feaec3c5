import type { Scored, SortedSet } from '../data/sorted-set.ts'
import { ErrorReply } from '../resp/value.ts'
import { parseLenientDouble } from '../text/lenient.ts'
import { integer, range } from './parse.ts'

/** What the ends of a range refer to: ranks, scores or members. */
export type Measure = 'rank' | 'score' | 'lex'

/**
 * A part of a sorted set: the ranks from `start` up to, not including, `end`; empty if `start >=
 * end`.
 */
export interface Part {
  readonly start: number
  readonly end: number
}

/**
 * Reads the two ends of a range.
 * @param backwards - whether ranks count from the greatest
 * @returns a function that finds the range in a set
 */
export function parseBounds(measure: Measure, min: string, max: string, backwards = false): (set: SortedSet) => Part {
  if (measure === 'rank') return rankBounds(integer(min), integer(max), backwards)
  return measure === 'score' ? scoreBounds(min, max) : lexBounds(min, max)
}

function rankBounds(first: number, last: number, backwards: boolean): (set: SortedSet) => Part {
  return ({ size }) => {
    const { start, end } = range(first, last, size)
    return backwards ? { start: size - end, end: size - start } : { start, end }
  }
}

function scoreBounds(minText: string, maxText: string): (set: SortedSet) => Part {
  const [min, max] = [parseScoreBound(minText), parseScoreBound(maxText)]
  const isBelow = ({ score }: Scored): boolean => (min.exclusive ? score <= min.score : score < min.score)
  const isWithin = ({ score }: Scored): boolean => (max.exclusive ? score < max.score : score <= max.score)
  return (set) => ({ start: set.countWhile(isBelow), end: set.countWhile(isWithin) })
}

interface ScoreBound {
  readonly score: number
  readonly exclusive: boolean
}

const NOT_A_FLOAT = new ErrorReply('ERR min or max is not a float')

function parseScoreBound(text: string): ScoreBound {
  const exclusive = text.startsWith('(')
  const score = parseLenientDouble(exclusive ? text.slice(1) : text, 'nearest')
  if (score === undefined) throw NOT_A_FLOAT
  return { score, exclusive }
}

function lexBounds(minText: string, maxText: string): (set: SortedSet) => Part {
  const [isBelow, isUpTo] = [parseLexBound(minText, false), parseLexBound(maxText, true)]
  return (set) => ({ start: set.countWhile(isBelow), end: set.countWhile(isUpTo) })
}

/**
 * Whether a member comes before the position that a bound marks. Members equal to the bound come
 * before it if `included`.
 */
function parseLexBound(text: string, included: boolean): (node: Scored) => boolean {
  if (text === '-' || text.startsWith('-\0')) return () => false
  if (text === '+' || text.startsWith('+\0')) return () => true
  const bound = text.slice(1)
  if (text[0] === (included ? '[' : '(')) return ({ member }) => member <= bound
  if (text[0] === (included ? '(' : '[')) return ({ member }) => member < bound
  throw new ErrorReply('ERR min or max not valid string range item')
}
