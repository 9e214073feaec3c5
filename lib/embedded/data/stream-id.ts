/**
 * An id of a stream entry as one number of 128 bits: ms since 1970 in the upper half, a sequence
 * number in the lower. Ids can be compared, incremented and used as keys directly, over the whole
 * range that Redis allows.
 */
export type StreamId = bigint

const PART = 64n
export const MAX_PART: bigint = 2n ** PART - 1n
export const MAX_ID: StreamId = 2n ** 128n - 1n

export function streamId(ms: bigint, sequence: bigint): StreamId {
  return (ms << PART) | sequence
}

export function msOf(id: StreamId): bigint {
  return id >> PART
}

export function sequenceOf(id: StreamId): bigint {
  return id & MAX_PART
}

/** Writes an id as clients see it. */
export function formatId(id: StreamId): string {
  return `${id >> PART}-${id & MAX_PART}`
}

/** An id in an argument: `ms-*` and `ms` leave the sequence open. */
export interface WrittenId {
  readonly ms: bigint
  /** `auto` for `*`, `undefined` if it is missing. */
  readonly sequence: bigint | 'auto' | undefined
}

/** How much of an argument Redis copies before it reads an id. */
const MAX_LENGTH = 127
const NUMBER = /^[\t-\r ]*([+-]?)([0-9]+)$/

/** Reads `ms`, `ms-seq` or `ms-*`; `undefined` if the text is none of these. */
export function parseId(text: string): WrittenId | undefined {
  if (text.length > MAX_LENGTH) return undefined
  // C strings end at a NUL byte, and Redis reads ids as C strings.
  const end = text.indexOf('\0')
  const whole = end === -1 ? text : text.slice(0, end)
  const dash = whole.indexOf('-')
  const ms = parsePart(dash === -1 ? whole : whole.slice(0, dash))
  if (ms === undefined) return undefined
  if (dash === -1) return { ms, sequence: undefined }
  const rest = whole.slice(dash + 1)
  const sequence = rest === '*' ? 'auto' : parsePart(rest)
  return sequence === undefined ? undefined : { ms, sequence }
}

/**
 * Reads an unsigned number as C's `strtoull` does: it may have a sign, and a negative number wraps
 * around.
 */
function parsePart(text: string): bigint | undefined {
  if (/^-[1-9][0-9]{0,17}$/.test(text)) return undefined
  const [, sign, digits] = NUMBER.exec(text) ?? []
  if (digits === undefined) return undefined
  const value = BigInt(digits)
  if (value > MAX_PART) return undefined
  return sign === '-' ? BigInt.asUintN(64, -value) : value
}
