import type { Expiring } from '../data/expiry-heap.ts'
import type { Aggregate, Kind, Perishable, Value } from '../data/value.ts'
import { WRONG_TYPE } from '../errors.ts'

/** A key with its value. */
export class KeyEntry implements Expiring {
  readonly key: string
  value: Value
  /** When the key expires, in ms since 1970; -1 for never. */
  expiresAt = -1
  heapIndex = -1
  /** Set while parts of the value expire on their own. */
  expiringParts: ExpiringParts | undefined
  /** The position in the database's array of entries. */
  index: number
  /** The {@link Preserver} that has last saved the entry, or found it too new to save. */
  savedIn = 0
  /** The time of its last use, in ms since 1970. */
  usedAt: number
  /** Whether the string was changed in place: Redis stores such a string in its raw encoding. */
  raw = false
  /**
   * Whether the string was computed as text: Redis does not store it as an integer, even if it
   * reads as one.
   */
  text = false

  constructor(key: string, value: Value, index: number, usedAt: number) {
    this.key = key
    this.value = value
    this.index = index
    this.usedAt = usedAt
  }
}

/** A key whose value has parts that expire, in the database's heap of these. */
export class ExpiringParts implements Expiring {
  readonly entry: KeyEntry
  readonly parts: Perishable
  /**
   * The earliest expiry of the parts, or a time before it: removing a part in another way does not
   * update this.
   */
  expiresAt: number
  heapIndex = -1

  constructor(entry: KeyEntry, parts: Perishable) {
    this.entry = entry
    this.parts = parts
    this.expiresAt = parts.firstExpiry
  }
}

/** @throws WRONGTYPE if the value is not a string. */
export function asString(entry: KeyEntry | undefined): string | undefined {
  if (entry === undefined) return undefined
  if (typeof entry.value !== 'string') throw WRONG_TYPE
  return entry.value
}

/** @throws WRONGTYPE if the value is of another class. */
export function asKind<T extends Aggregate>(entry: KeyEntry | undefined, kind: Kind<T>): T | undefined {
  if (entry === undefined) return undefined
  const { value } = entry
  if (value instanceof kind) return value
  throw WRONG_TYPE
}
