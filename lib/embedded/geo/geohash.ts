/** A place on Earth, in degrees. */
export interface Position {
  readonly longitude: number
  readonly latitude: number
}

/** The limits of the area that is divided into cells. */
export interface Bounds {
  readonly longitude: number
  readonly latitude: number
}

/** The limits of valid places: the poles are excluded, as in web maps. */
export const LIMITS: Bounds = { longitude: 180, latitude: 85.05112878 }
/** The whole globe, which standard geohashes divide. */
const GLOBE: Bounds = { longitude: 180, latitude: 90 }

/**
 * How often the Earth is halved at most in each direction: both numbers together have 52 bits, as
 * many as fit into a score.
 */
export const MOST_STEPS = 26

/**
 * A rectangle after this many halvings in each direction: the x-th from the west and the y-th from
 * the south.
 */
export interface Cell {
  readonly x: number
  readonly y: number
  readonly steps: number
}

export function cellOf({ longitude, latitude }: Position, steps: number, bounds: Bounds = LIMITS): Cell {
  const x = (longitude + bounds.longitude) / (bounds.longitude * 2)
  const y = (latitude + bounds.latitude) / (bounds.latitude * 2)
  return { x: Math.floor(x * 2 ** steps), y: Math.floor(y * 2 ** steps), steps }
}

/** The number of a cell: the interleaved bits of y and x. */
export function numberOf({ x, y }: Cell): bigint {
  return spread(y) | (spread(x) << 1n)
}

/** The score that represents a place. */
export function scoreOf(position: Position): bigint {
  return numberOf(cellOf(position, MOST_STEPS))
}

/** The edges of a cell, in degrees. */
export interface Edges {
  readonly west: number
  readonly east: number
  readonly south: number
  readonly north: number
}

export function edgesOf({ x, y, steps }: Cell): Edges {
  const width = LIMITS.longitude * 2
  const height = LIMITS.latitude * 2
  const cells = 2 ** steps
  return {
    west: -LIMITS.longitude + (x / cells) * width,
    east: -LIMITS.longitude + (following(x) / cells) * width,
    south: -LIMITS.latitude + (y / cells) * height,
    north: -LIMITS.latitude + (following(y) / cells) * height,
  }
}

/** Cell numbers have 32 bits. Only scores that do not represent a place use all of them. */
function following(number: number): number {
  return (number + 1) % 2 ** 32
}

/**
 * The place that a score represents: the middle of its cell. Any score gives a place, if necessary
 * at the edge.
 */
export function positionOf(score: number): Position {
  const [low, high] = halvesOf(score)
  const y = joined(low, high)
  const x = joined(low >>> 1, high >>> 1)
  const { west, east, south, north } = edgesOf({ x, y, steps: MOST_STEPS })
  return {
    longitude: clamp((west + east) / 2, LIMITS.longitude),
    latitude: clamp((south + north) / 2, LIMITS.latitude),
  }
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value))
}

/** A score as 64 bits, converted to an integer as processors do. */
function halvesOf(score: number): [low: number, high: number] {
  if (score >= 0 && score <= Number.MAX_SAFE_INTEGER) {
    const whole = Math.floor(score)
    return [whole % 2 ** 32, Math.floor(whole / 2 ** 32)]
  }
  const bits = score >= 2 ** 64 ? 0n : score < -(2 ** 63) ? 1n << 63n : BigInt.asUintN(64, BigInt(Math.trunc(score)))
  return [Number(bits & 0xffffffffn), Number(bits >> 32n)]
}

function joined(low: number, high: number): number {
  return (squeeze(low) | (squeeze(high) << 16)) >>> 0
}

/** Every other bit of a 32-bit number, from the lowest on. */
function squeeze(bits: number): number {
  let rest = bits & 0x55555555
  rest = (rest | (rest >>> 1)) & 0x33333333
  rest = (rest | (rest >>> 2)) & 0x0f0f0f0f
  rest = (rest | (rest >>> 4)) & 0x00ff00ff
  return (rest | (rest >>> 8)) & 0x0000ffff
}

const SPREADS: readonly (readonly [shift: bigint, mask: bigint])[] = [
  [16n, 0x0000ffff0000ffffn],
  [8n, 0x00ff00ff00ff00ffn],
  [4n, 0x0f0f0f0f0f0f0f0fn],
  [2n, 0x3333333333333333n],
  [1n, 0x5555555555555555n],
]

/** The bits of a 32-bit number, each followed by a 0. */
function spread(number: number): bigint {
  let bits = BigInt(number)
  for (const [shift, mask] of SPREADS) bits = (bits | (bits << shift)) & mask
  return bits
}

const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz'
const LENGTH = 11

/** The standard geohash of a place: 11 letters, ten of them filled by the 52 bits. */
export function geohashOf(position: Position): string {
  const bits = numberOf(cellOf(position, MOST_STEPS, GLOBE))
  let text = ''
  for (let i = 1; i < LENGTH; i++) text += ALPHABET[Number((bits >> BigInt(52 - i * 5)) & 31n)]
  return `${text}0`
}
