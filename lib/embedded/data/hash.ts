import { FieldExpiries } from './field-expiries.ts'
import { Table } from './table.ts'
import type { Aggregate, Perishable } from './value.ts'

/**
 * The limits of a small hash: Redis stores it as a listpack, with the fields in the order of
 * insertion.
 */
export interface HashLimits {
  readonly entries: number
  readonly valueBytes: number
}

/** A hash of Redis. */
export class Hash implements Aggregate, Perishable {
  readonly type = 'hash'
  readonly #fields = new Table<string>()
  #small = true
  #expiries: FieldExpiries | undefined

  get encoding(): string {
    if (!this.#small) return 'hashtable'
    return this.#expiries === undefined ? 'listpack' : 'listpackex'
  }

  get perishable(): Perishable | undefined {
    return this.#expiries === undefined ? undefined : this
  }

  get firstExpiry(): number {
    return this.#expiries?.first ?? Infinity
  }

  get isEmpty(): boolean {
    return this.size === 0
  }

  removeExpired(now: number): string[] {
    const fields = this.#expiries?.takeExpired(now) ?? []
    for (const field of fields) this.#fields.delete(field)
    return fields
  }

  /** The expiry of a field, in ms since 1970; `undefined` for never. */
  expiryOf(field: string): number | undefined {
    return this.#expiries?.get(field)
  }

  /** Sets the expiry of an existing field. The caller must report it to the database. */
  expireAt(field: string, at: number): void {
    this.#expiries ??= new FieldExpiries()
    this.#expiries.set(field, at)
  }

  /** Removes the expiry of a field; false if it has none. */
  persist(field: string): boolean {
    return this.#expiries?.delete(field) ?? false
  }

  get size(): number {
    return this.#fields.size
  }

  get(field: string): string | undefined {
    return this.#fields.get(field)
  }

  has(field: string): boolean {
    return this.#fields.has(field)
  }

  /** Sets a field and removes its expiry; true if the field is new. */
  set(field: string, value: string, limits: HashLimits): boolean {
    this.#expiries?.delete(field)
    return this.change(field, value, limits)
  }

  /** As {@link set}, but keeps the expiry of the field. */
  change(field: string, value: string, limits: HashLimits): boolean {
    if (this.#small && (field.length > limits.valueBytes || value.length > limits.valueBytes)) this.#grow()
    const isNew = this.#fields.set(field, value)
    if (this.#small && this.#fields.size > limits.entries) this.#grow()
    return isNew
  }

  delete(field: string): boolean {
    this.#expiries?.delete(field)
    return this.#fields.delete(field)
  }

  fields(): IterableIterator<string> {
    return this.#fields.keys()
  }

  entries(): Iterable<[field: string, value: string]> {
    return this.#fields.entries()
  }

  random(): [field: string, value: string] {
    return this.#fields.random()
  }

  scan(cursor: number, count: number, visit: (field: string, value: string) => void): number {
    return this.#fields.scan(cursor, count, visit)
  }

  clone(): Hash {
    const copy = new Hash()
    if (!this.#small) copy.#grow()
    for (const [field, value] of this.entries()) copy.#fields.set(field, value)
    copy.#expiries = this.#expiries?.clone()
    return copy
  }

  /** As in Redis, a large hash stays large, however few fields are left. */
  #grow(): void {
    this.#small = false
    this.#fields.index()
  }
}
