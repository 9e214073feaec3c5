import { OUT_OF_RANGE } from '../errors.ts'
import { ErrorReply } from '../resp/value.ts'
import { integer, MAX_REPLY_ITEMS } from './parse.ts'

/**
 * Reads the count of a random selection: at most that many different items or, if it is negative,
 * exactly that many, possibly with repetitions.
 */
export function randomCount(text: string): number {
  if (text === LEAST_INTEGER) throw new ErrorReply(`ERR value is out of range, value must between -${MAX} and ${MAX}`)
  return integer(text)
}

/** The only integer that has no opposite. */
const LEAST_INTEGER = '-9223372036854775808'
const MAX = '9223372036854775807'

/** The largest number of pairs whose reply has a countable length. */
export const MOST_PAIRS: number = 2 ** 62

/**
 * Below this share of all items, drawing again after a repetition is faster than visiting all
 * items.
 */
const FEW = 1 / 3

/**
 * Draws items at random.
 * @param count - as {@link randomCount} returns it
 * @param size - how many items there are
 * @param draw - draws one item
 * @param all - visits every item, as the same object or text that `draw` returns
 */
export function drawMany<T>(count: number, size: number, draw: () => T, all: () => Iterable<T>): T[] {
  // Redis would continue until it has used up its memory.
  if (count < -MAX_REPLY_ITEMS) throw OUT_OF_RANGE
  if (count < 0) return Array.from({ length: -count }, draw)
  if (count >= size) return [...all()]
  if (count > size * FEW) return shuffle([...all()]).slice(0, count)
  const drawn = new Set<T>()
  while (drawn.size < count) drawn.add(draw())
  return [...drawn]
}

function shuffle<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1))
    ;[items[i], items[other]] = [items[other]!, items[i]!]
  }
  return items
}
