import { EARTH_METERS, toDegrees, toRadians } from './distance.ts'
import { type Cell, cellOf, type Edges, edgesOf, MOST_STEPS, numberOf } from './geohash.ts'
import type { Shape } from './shape.ts'

/** Half of the equator, in meters. */
const MERCATOR_METERS = 20037726.37

/**
 * The cell around the center of a shape, and its neighbours as far as the shape reaches into them;
 * may contain repetitions.
 */
export function cover(shape: Shape): readonly Cell[] {
  const box = boxOf(shape)
  let steps = stepsFor(shape)
  let middle = cellOf(shape.center, steps)
  if (steps > 1 && isTooSmall(middle, box)) {
    steps--
    middle = cellOf(shape.center, steps)
  }
  const edges = edgesOf(middle)
  // With so few halvings the neighbours are always needed.
  const all = steps < 2
  const [south, north] = [all || edges.south >= box.south, all || edges.north <= box.north]
  const [west, east] = [all || edges.west >= box.west, all || edges.east <= box.east]
  return NEIGHBORS.filter(
    ([dx, dy]) => (dx === 0 || (dx < 0 ? west : east)) && (dy === 0 || (dy < 0 ? south : north)),
  ).map(([dx, dy]) => neighbor(middle, dx, dy))
}

/** In Redis's order, which decides what `COUNT n ANY` finds. */
const NEIGHBORS: readonly (readonly [dx: number, dy: number])[] = [
  [0, 0],
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
]

/** Cells wrap around, from east to west and also from north to south. */
function neighbor({ x, y, steps }: Cell, dx: number, dy: number): Cell {
  const last = 2 ** steps - 1
  return { x: dx === 0 ? x : (x + dx) & last, y: dy === 0 ? y : (y + dy) & last, steps }
}

/** The scores of the places in a cell: from the first up to, not including, the second. */
export function scoresWithin(cell: Cell): readonly [first: number, end: number] {
  const number = numberOf(cell)
  const shift = BigInt(52 - cell.steps * 2)
  return [Number(number << shift), Number((number + 1n) << shift)]
}

/** How often to halve the Earth so that a cell and its neighbours usually cover the shape. */
function stepsFor({ reach, center: { latitude } }: Shape): number {
  if (reach === 0) return MOST_STEPS
  let steps = -1
  for (let meters = reach; meters < MERCATOR_METERS; meters *= 2) steps++
  // Towards the poles cells are narrower.
  if (Math.abs(latitude) > 66) steps--
  if (Math.abs(latitude) > 80) steps--
  return Math.max(1, Math.min(MOST_STEPS, steps))
}

/** The bounding box of a shape, in degrees. The shape is widest on the side of the nearer pole. */
function boxOf({ center: { longitude, latitude }, halfWidth, halfHeight }: Shape): Edges {
  const dy = toDegrees(halfHeight / EARTH_METERS)
  const widest = latitude < 0 ? latitude - dy : latitude + dy
  const dx = toDegrees(halfWidth / EARTH_METERS / Math.cos(toRadians(widest)))
  return { west: longitude - dx, east: longitude + dx, south: latitude - dy, north: latitude + dy }
}

/**
 * Whether the neighbours of a cell do not cover the box, because the center is near an edge of the
 * cell.
 */
function isTooSmall(middle: Cell, box: Edges): boolean {
  return (
    edgesOf(neighbor(middle, 0, 1)).north < box.north ||
    edgesOf(neighbor(middle, 0, -1)).south > box.south ||
    edgesOf(neighbor(middle, 1, 0)).east < box.east ||
    edgesOf(neighbor(middle, -1, 0)).west > box.west
  )
}
