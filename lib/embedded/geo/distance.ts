import type { Position } from './geohash.ts'
import { asin, cos, sin } from './trigonometry.ts'

/** The mean radius of the Earth. */
export const EARTH_METERS = 6372797.560856

const DEGREE: number = Math.PI / 180

export function toRadians(degrees: number): number {
  return degrees * DEGREE
}

export function toDegrees(radians: number): number {
  return radians / DEGREE
}

/** The great-circle distance between two places in meters, exact to Redis's last digit. */
export function distance(from: Position, to: Position): number {
  const fromLatitude = toRadians(from.latitude)
  const toLatitude = toRadians(to.latitude)
  const u = sin((toLatitude - fromLatitude) / 2)
  const v = sin((toRadians(to.longitude) - toRadians(from.longitude)) / 2)
  return 2 * EARTH_METERS * asin(Math.sqrt(u * u + cos(fromLatitude) * cos(toLatitude) * v * v))
}

/**
 * The same in a tenth of the time, off by up to {@link ROUGHNESS}: for all the places that are
 * checked.
 */
export function roughDistance(from: Position, to: Position): number {
  const fromLatitude = toRadians(from.latitude)
  const toLatitude = toRadians(to.latitude)
  const u = Math.sin((toLatitude - fromLatitude) / 2)
  const v = Math.sin((toRadians(to.longitude) - toRadians(from.longitude)) / 2)
  return 2 * EARTH_METERS * Math.asin(Math.sqrt(u * u + Math.cos(fromLatitude) * Math.cos(toLatitude) * v * v))
}

/** In meters, for places on opposite sides of the Earth; elsewhere the error is much smaller. */
export const ROUGHNESS = 1
