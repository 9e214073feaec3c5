import type { Expiring } from '../data/expiry-heap.ts'
import type { Entry } from './entry.ts'

/** Parts of a value that expire by themselves, such as fields of a hash. */
export interface Perishable {
  /** When the first of them is gone, in ms since 1970; `Infinity` if none ever is. */
  readonly firstExpiry: number
  /** Whether nothing is left of the value. */
  readonly isEmpty: boolean
  /** Removes the parts whose time has come; gives their names. */
  removeExpired(now: number): string[]
}

/** A key of which parts expire, in the database's heap of those. */
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
