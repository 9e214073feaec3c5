import type { Value } from '../data/value.ts'
import { Entry } from './entry.ts'

/** The entries of a database, by key and in a row. */
export class EntryTable {
  readonly #byKey = new Map<string, Entry>()
  /**
   * The same entries in an array without gaps, for RANDOMKEY and SCAN. The last one moves into a gap, so an entry
   * only ever moves down; a scan from the top down meets every entry that stays, whatever is removed meanwhile.
   */
  readonly #row: Entry[] = []

  get size(): number {
    return this.#row.length
  }

  get(key: string): Entry | undefined {
    return this.#byKey.get(key)
  }

  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  /** Adds a key that is not there. */
  add(key: string, value: Value, usedAt: number): Entry {
    const entry = new Entry(key, value, this.#row.length, usedAt)
    this.#byKey.set(key, entry)
    this.#row.push(entry)
    return entry
  }

  delete(entry: Entry): void {
    this.#byKey.delete(entry.key)
    const last = this.#row.pop() as Entry
    if (last === entry) return
    this.#row[entry.index] = last
    last.index = entry.index
  }

  clear(): void {
    this.#byKey.clear()
    this.#row.length = 0
  }

  /** All of them; a list of its own. */
  list(): Entry[] {
    return this.#row.slice()
  }

  [Symbol.iterator](): IterableIterator<Entry> {
    return this.#row[Symbol.iterator]()
  }

  /** One of them, each as likely as any other. */
  atRandom(): Entry | undefined {
    return this.#row[Math.floor(Math.random() * this.#row.length)]
  }

  /** The next few, the last first, from a cursor on; 0 begins, and is what comes after the end. */
  batch(cursor: number, count: number): { readonly entries: readonly Entry[]; readonly next: number } {
    const start = cursor === 0 ? this.#row.length : Math.min(cursor, this.#row.length)
    const next = Math.max(0, start - count)
    return { entries: this.#row.slice(next, start).reverse(), next }
  }
}
