import { OUT_OF_RANGE } from '../errors.ts'
import { ErrorReply } from '../resp/value.ts'
import { integer, MAX_REPLY_ITEMS } from './parse.ts'

/**
 * Reads how many are to be drawn at random: up to so many, none twice, or if negative exactly so many, some maybe
 * more than once.
 */
export function randomCount(text: string): number {
  if (text === LEAST_INTEGER) throw new ErrorReply(`ERR value is out of range, value must between -${MAX} and ${MAX}`)
  return integer(text)
}

/** The one integer that has no opposite. */
const LEAST_INTEGER = '-9223372036854775808'
const MAX = '9223372036854775807'

/** How many pairs the length of a reply could count. */
export const MOST_PAIRS: number = 2 ** 62

/** Below this share of all it is quicker to draw again whatever was drawn before than to go through all. */
const FEW = 1 / 3

/**
 * Draws items at random.
 * @param count - as {@link randomCount} gives it
 * @param size - how many there are
 * @param draw - draws one
 * @param all - gives every one, as the same object or text that `draw` gives
 */
export function drawMany<T>(count: number, size: number, draw: () => T, all: () => Iterable<T>): T[] {
  // Redis would go on until its memory is used up.
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
