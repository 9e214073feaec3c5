import { distance, ROUGHNESS, roughDistance } from './distance.ts'
import type { Position } from './geohash.ts'

/** The area to search: a circle, or a rectangle with sides along parallels and meridians. */
export interface Shape {
  readonly center: Position
  /** Half of each side, or the radius, in meters. */
  readonly halfWidth: number
  readonly halfHeight: number
  readonly round: boolean
  /** The greatest possible distance from the center, in meters. */
  readonly reach: number
}

export function circle(center: Position, radius: number): Shape {
  return { center, halfWidth: radius, halfHeight: radius, round: true, reach: radius }
}

/** @param unit - the unit of the sides, in meters */
export function rectangle(center: Position, width: number, height: number, unit: number): Shape {
  return {
    center,
    halfWidth: unit * (width / 2),
    halfHeight: unit * (height / 2),
    round: false,
    reach: Math.sqrt((width / 2) * (width / 2) + (height / 2) * (height / 2)) * unit,
  }
}

/** The distance of a place from the center, in meters; `undefined` if it is outside. */
export function distanceWithin(shape: Shape, place: Position): number | undefined {
  const { center, halfWidth, halfHeight, round, reach } = shape
  // Most places are far outside, which the rough distance shows quickly. A rectangle may reach a
  // little farther than its corners.
  if (roughDistance(center, place) > (round ? reach : reach * 2) + ROUGHNESS) return undefined
  if (!round) {
    const east = distance(place, { longitude: center.longitude, latitude: place.latitude })
    const north = distance(place, { longitude: place.longitude, latitude: center.latitude })
    if (east > halfWidth || north > halfHeight) return undefined
  }
  const meters = distance(center, place)
  return round && meters > reach ? undefined : meters
}
