import type { Value } from '../data/value.ts'
import { KeyEntry } from './entry.ts'

/** The entries of a database, by key and in an array. */
export class EntryTable {
  readonly #byKey = new Map<string, KeyEntry>()
  /**
   * The same entries in an array without gaps, for RANDOMKEY and SCAN. The last entry fills a gap,
   * so an entry only moves to a lower position; a scan from the top down meets every entry that is
   * not removed meanwhile.
   */
  readonly #row: KeyEntry[] = []

  get size(): number {
    return this.#row.length
  }

  get(key: string): KeyEntry | undefined {
    return this.#byKey.get(key)
  }

  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  /** Adds a key that does not exist. */
  add(key: string, value: Value, usedAt: number): KeyEntry {
    const entry = new KeyEntry(key, value, this.#row.length, usedAt)
    this.#byKey.set(key, entry)
    this.#row.push(entry)
    return entry
  }

  delete(entry: KeyEntry): void {
    this.#byKey.delete(entry.key)
    const last = this.#row.pop() as KeyEntry
    if (last === entry) return
    this.#row[entry.index] = last
    last.index = entry.index
  }

  clear(): void {
    this.#byKey.clear()
    this.#row.length = 0
  }

  /** All entries, as a copy. */
  list(): KeyEntry[] {
    return this.#row.slice()
  }

  [Symbol.iterator](): IterableIterator<KeyEntry> {
    return this.#row[Symbol.iterator]()
  }

  /** A random entry, each with the same probability. */
  atRandom(): KeyEntry | undefined {
    return this.#row[Math.floor(Math.random() * this.#row.length)]
  }

  /**
   * The next entries before a cursor, in descending order; 0 begins, and is returned at the end.
   */
  batch(cursor: number, count: number): { readonly entries: readonly KeyEntry[]; readonly next: number } {
    const start = cursor === 0 ? this.#row.length : Math.min(cursor, this.#row.length)
    const next = Math.max(0, start - count)
    return { entries: this.#row.slice(next, start).reverse(), next }
  }
}
