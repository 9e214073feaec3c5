import { ExpiryHeap } from '../data/expiry-heap.ts'
import { ExpiringParts, type KeyEntry } from './entry.ts'

/** When the keys of a database expire, and the parts of their values that expire on their own. */
export class Expiries {
  readonly #keys: ExpiryHeap<KeyEntry> = new ExpiryHeap()
  readonly #parts: ExpiryHeap<ExpiringParts> = new ExpiryHeap()

  /** How many keys have an expiry. */
  get size(): number {
    return this.#keys.size
  }

  /** The earliest expiry of a key or of a part of a value; `Infinity` if nothing expires. */
  get next(): number {
    return Math.min(this.#keys.first?.expiresAt ?? Infinity, this.#parts.first?.expiresAt ?? Infinity)
  }

  /** The key that expires first. */
  get firstKey(): KeyEntry | undefined {
    return this.#keys.first
  }

  /** The value of which a part expires first. */
  get firstParts(): ExpiringParts | undefined {
    return this.#parts.first
  }

  /**
   * Sets the expiry of a key, in ms since 1970.
   * @returns whether the earliest expiry may have changed
   */
  set(entry: KeyEntry, at: number): boolean {
    entry.expiresAt = at
    const before = this.#keys.first
    this.#keys.update(entry)
    return before !== this.#keys.first || entry === before
  }

  /** Removes the expiry of a key. */
  persist(entry: KeyEntry): void {
    this.#keys.remove(entry)
    entry.expiresAt = -1
  }

  /**
   * Reads from a value when parts of it expire.
   * @returns whether any does
   */
  readParts(entry: KeyEntry): boolean {
    const parts = typeof entry.value === 'string' ? undefined : entry.value.perishable
    if (parts === undefined || parts.firstExpiry === Infinity) {
      if (entry.expiringParts !== undefined) this.forgetParts(entry)
      return false
    }
    if (entry.expiringParts?.parts !== parts) {
      this.forgetParts(entry)
      entry.expiringParts = new ExpiringParts(entry, parts)
    }
    const { expiringParts } = entry as { expiringParts: ExpiringParts }
    expiringParts.expiresAt = parts.firstExpiry
    this.#parts.update(expiringParts)
    return true
  }

  forgetParts(entry: KeyEntry): void {
    if (entry.expiringParts !== undefined) this.#parts.remove(entry.expiringParts)
    entry.expiringParts = undefined
  }

  clear(): void {
    this.#keys.clear()
    this.#parts.clear()
  }
}
