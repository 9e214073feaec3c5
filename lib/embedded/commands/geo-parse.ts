import { LIMITS, type Position } from '../geo/geohash.ts'
import { ErrorReply } from '../resp/value.ts'
import { formatFixed } from '../text/decimals.ts'
import { float } from './parse.ts'

/** Reads a longitude and a latitude. */
export function parsePosition(longitudeText: string, latitudeText: string): Position {
  const longitude = float(longitudeText)
  const latitude = float(latitudeText)
  if (Math.abs(longitude) > LIMITS.longitude || Math.abs(latitude) > LIMITS.latitude) {
    const pair = `${formatFixed(longitude, 6)},${formatFixed(latitude, 6)}`
    throw new ErrorReply(`ERR invalid longitude,latitude pair ${pair}`)
  }
  return { longitude, latitude }
}

/** Units of length, in meters. */
const UNITS: Readonly<Record<string, number>> = { M: 1, KM: 1000, FT: 0.3048, MI: 1609.34 }

/** Reads a unit of length; returns its length in meters. */
export function parseUnit(text: string): number {
  const meters = UNITS[text.toUpperCase()]
  if (meters === undefined) throw new ErrorReply('ERR unsupported unit provided. please use M, KM, FT, MI')
  return meters
}

/** Formats a length as replies show it: with 4 decimals. */
export function showLength(meters: number, unit: number): string {
  return formatFixed(meters / unit, 4)
}
