import type { SortedSet } from '../data/sorted-set.ts'
import { cover, scoresWithin } from './cover.ts'
import { type Cell, type Position, positionOf } from './geohash.ts'
import { distanceWithin, type Shape } from './shape.ts'

/** A member that was found. */
export interface Found {
  readonly member: string
  readonly score: number
  readonly position: Position
  /** The distance from the center, in meters. */
  readonly meters: number
}

/**
 * The members within a shape, cell by cell.
 * @param enough - stop after this many, 0 for no limit
 */
export function search(set: SortedSet, shape: Shape, enough: number): Found[] {
  const found: Found[] = []
  let previous: Cell | undefined
  for (const [i, cell] of cover(shape).entries()) {
    // The same cell may be on both sides of the middle one. Like Redis, this compares only with the
    // previous cell.
    if (previous !== undefined && previous.x === cell.x && previous.y === cell.y) continue
    if (enough > 0 && found.length >= enough) break
    collect(set, shape, cell, enough, found)
    if (i > 0) previous = cell
  }
  return found
}

function collect(set: SortedSet, shape: Shape, cell: Cell, enough: number, found: Found[]): void {
  const [first, end] = scoresWithin(cell)
  const start = set.countWhile(({ score }) => score < first)
  for (const { member, score } of set.range(start, set.size)) {
    if (score >= end) break
    const position = positionOf(score)
    const meters = distanceWithin(shape, position)
    if (meters !== undefined) found.push({ member, score, position, meters })
    if (enough > 0 && found.length >= enough) break
  }
}
