import { NOT_A_FLOAT, NOT_AN_INTEGER, SYNTAX_ERROR } from '../errors.ts'
import { ErrorReply } from '../resp/value.ts'
import { parseDouble, parseInt64, parseInteger } from '../text/numbers.ts'

/** The largest reply that a command may make where only its arguments decide the size. */
export const MAX_REPLY_ITEMS = 10_000_000

/** @throws ErrorReply - if the text is not a 64 bit integer */
export function integer(text: string, error: ErrorReply = NOT_AN_INTEGER): number {
  const value = parseInteger(text)
  if (value === undefined) throw error
  return value
}

/** A 32-bit integer, such as the number of a database. */
export function integer32(text: string): number {
  const value = integer(text)
  if (value < -(2 ** 31) || value >= 2 ** 31) {
    throw new ErrorReply('ERR value is out of range, value must between -2147483648 and 2147483647')
  }
  return value
}

/** As {@link integer}, but exact over the whole range. */
export function bigInteger(text: string, error: ErrorReply = NOT_AN_INTEGER): bigint {
  const value = parseInt64(text)
  if (value === undefined) throw error
  return value
}

/** @throws ErrorReply - if the text is not a floating-point number */
export function float(text: string, error: ErrorReply = NOT_A_FLOAT): number {
  const value = parseDouble(text)
  if (value === undefined || Number.isNaN(value)) throw error
  return value
}

/** An integer within bounds; any other text gives the same error. */
export function integerWithin(text: string, min: number, max: number, problem: string): number {
  const value = parseInteger(text)
  if (value === undefined || value < min || value > max) throw new ErrorReply(`ERR ${problem}`)
  return value
}

/** A count, which may be zero. */
export function positive(text: string): number {
  return integerWithin(text, 0, Infinity, 'value is out of range, must be positive')
}

/**
 * Reads the timeout of a blocking command, in seconds with a fraction.
 * @returns when it ends, in ms since 1970; `Infinity` for 0
 */
export function blockUntil(text: string, now: number): number {
  const seconds = parseDouble(text)
  if (seconds === undefined || Number.isNaN(seconds)) throw new ErrorReply('ERR timeout is not a float or out of range')
  const ms = Math.ceil(seconds * 1000)
  // A timeout that does not fit into 64 bits becomes negative in Redis.
  if (ms < 0 || ms >= 2 ** 63) throw new ErrorReply('ERR timeout is negative')
  return ms === 0 ? Infinity : now + ms
}

const MAX = 2n ** 63n - 1n

/** The unit and the origin of an expiry: relative (EX, PX) or since 1970 (EXAT, PXAT). */
export interface ExpiryKind {
  readonly seconds: boolean
  readonly absolute: boolean
}

/** The options for an expiry of SET and GETEX. */
export const EXPIRY_OPTIONS: Readonly<Record<string, ExpiryKind>> = {
  EX: { seconds: true, absolute: false },
  PX: { seconds: false, absolute: false },
  EXAT: { seconds: true, absolute: true },
  PXAT: { seconds: false, absolute: true },
}

/**
 * Converts the time in a command to ms since 1970.
 * @param fullName - the command's name, for the error
 */
export function expiryTime(text: string, kind: ExpiryKind, now: number, fullName: string): number {
  const value = bigInteger(text)
  const ms = kind.seconds ? value * 1000n : value
  const at = kind.absolute ? ms : ms + BigInt(now)
  const least = -MAX - 1n
  if (ms > MAX || ms < least || at > MAX) {
    throw new ErrorReply(`ERR invalid expire time in '${fullName}' command`)
  }
  // No clock can show a later time, and a double would lose milliseconds.
  return Math.min(Number(at), Number.MAX_SAFE_INTEGER)
}

/** As {@link expiryTime}, for commands that refuse a time of zero or less. */
export function positiveExpiryTime(text: string, kind: ExpiryKind, now: number, fullName: string): number {
  if (bigInteger(text) <= 0n) throw new ErrorReply(`ERR invalid expire time in '${fullName}' command`)
  return expiryTime(text, kind, now, fullName)
}

/**
 * Converts a range of indices, which may count from the end, to bounds within `length`. Empty if
 * `start >= end`.
 */
export function range(start: number, stop: number, length: number): { readonly start: number; readonly end: number } {
  const first = start < 0 ? Math.max(0, start + length) : start
  const last = stop < 0 ? stop + length : Math.min(stop, length - 1)
  return { start: first, end: last + 1 }
}

/** Reads the word after an option. */
export function optionValue(argv: readonly string[], index: number): string {
  const value = argv[index]
  if (value === undefined) throw SYNTAX_ERROR
  return value
}
