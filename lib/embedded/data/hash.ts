import type { Aggregate } from '../keyspace.ts'
import { Table } from './table.ts'

/** Up to where a hash is small: Redis keeps a small one as a listpack, in the order in which fields came. */
export interface HashLimits {
  readonly entries: number
  readonly valueBytes: number
}

/** A hash of Redis. */
export class Hash implements Aggregate {
  readonly type = 'hash'
  readonly #fields = new Table<string>()
  #small = true

  get encoding(): string {
    return this.#small ? 'listpack' : 'hashtable'
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

  /** True if the field is new. */
  set(field: string, value: string, limits: HashLimits): boolean {
    if (this.#small && (field.length > limits.valueBytes || value.length > limits.valueBytes)) this.#grow()
    const isNew = this.#fields.set(field, value)
    if (this.#small && this.#fields.size > limits.entries) this.#grow()
    return isNew
  }

  delete(field: string): boolean {
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
    return copy
  }

  /** It stays large, as in Redis, however few fields are left. */
  #grow(): void {
    this.#small = false
    this.#fields.index()
  }
}
