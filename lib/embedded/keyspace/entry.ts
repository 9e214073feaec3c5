import type { Expiring } from '../data/expiry-heap.ts'
import type { Aggregate, Kind, Perishable, Value } from '../data/value.ts'
import { WRONG_TYPE } from '../errors.ts'

/** A key with its value. */
export class Entry implements Expiring {
  readonly key: string
  value: Value
  /** When the key is gone, in ms since 1970; -1 for never. */
  expiresAt = -1
  heapIndex = -1
  /** Set while parts of the value expire by themselves. */
  expiringParts: ExpiringParts | undefined
  /** Its place in the database's list of entries. */
  index: number
  /** The last {@link Preserver} that has saved it, or that found it too new to save. */
  savedIn = 0
  /** When it was last used, in ms since 1970. */
  usedAt: number
  /** A string that was changed in place: Redis keeps such a one in its raw encoding. */
  raw = false
  /** A string that was computed as text: Redis does not keep it as an integer, even if it reads as one. */
  text = false

  constructor(key: string, value: Value, index: number, usedAt: number) {
    this.key = key
    this.value = value
    this.index = index
    this.usedAt = usedAt
  }
}

/** A key parts of which expire, in the database's heap of those. */
export class ExpiringParts implements Expiring {
  readonly entry: Entry
  readonly parts: Perishable
  /** Not later than the first of the parts. It may be earlier: a part that goes otherwise is not taken note of. */
  expiresAt: number
  heapIndex = -1

  constructor(entry: Entry, parts: Perishable) {
    this.entry = entry
    this.parts = parts
    this.expiresAt = parts.firstExpiry
  }
}

/** @throws WRONGTYPE if the value is not a string. */
export function asString(entry: Entry | undefined): string | undefined {
  if (entry === undefined) return undefined
  if (typeof entry.value !== 'string') throw WRONG_TYPE
  return entry.value
}

/** @throws WRONGTYPE if the value is of another class. */
export function asKind<T extends Aggregate>(entry: Entry | undefined, kind: Kind<T>): T | undefined {
  if (entry === undefined) return undefined
  const { value } = entry
  if (value instanceof kind) return value
  throw WRONG_TYPE
}
