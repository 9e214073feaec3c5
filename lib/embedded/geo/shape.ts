import { distance, ROUGHNESS, roughDistance } from './distance.ts'
import type { Position } from './geohash.ts'

/** What is searched: a circle, or a rectangle whose sides go along parallels and meridians. */
export interface Shape {
  readonly center: Position
  /** Half of the sides, or the radius twice, in meters. */
  readonly halfWidth: number
  readonly halfHeight: number
  readonly round: boolean
  /** How far the place that is farthest away may be, in meters. */
  readonly reach: number
}

export function circle(center: Position, radius: number): Shape {
  return { center, halfWidth: radius, halfHeight: radius, round: true, reach: radius }
}

/** @param unit - of the sides, in meters */
export function rectangle(center: Position, width: number, height: number, unit: number): Shape {
  return {
    center,
    halfWidth: unit * (width / 2),
    halfHeight: unit * (height / 2),
    round: false,
    reach: Math.sqrt((width / 2) * (width / 2) + (height / 2) * (height / 2)) * unit,
  }
}

/** How far a place is from the center, in meters; `undefined` if it lies outside. */
export function distanceWithin(shape: Shape, place: Position): number | undefined {
  const { center, halfWidth, halfHeight, round, reach } = shape
  // Most places are far outside, and that is quickly seen. A rectangle may reach a little farther than its corners.
  if (roughDistance(center, place) > (round ? reach : reach * 2) + ROUGHNESS) return undefined
  if (!round) {
    const east = distance(place, { longitude: center.longitude, latitude: place.latitude })
    const north = distance(place, { longitude: place.longitude, latitude: center.latitude })
    if (east > halfWidth || north > halfHeight) return undefined
  }
  const meters = distance(center, place)
  return round && meters > reach ? undefined : meters
}
