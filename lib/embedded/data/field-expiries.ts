import { type Expiring, ExpiryHeap } from './expiry-heap.ts'

class FieldExpiry implements Expiring {
  readonly field: string
  expiresAt: number
  heapIndex = -1

  constructor(field: string, expiresAt: number) {
    this.field = field
    this.expiresAt = expiresAt
  }
}

/** The expiries of the fields of a hash. */
export class FieldExpiries {
  readonly #byField = new Map<string, FieldExpiry>()
  readonly #heap = new ExpiryHeap<FieldExpiry>()

  /** The earliest expiry, in ms since 1970; `Infinity` if no field expires. */
  get first(): number {
    return this.#heap.first?.expiresAt ?? Infinity
  }

  get(field: string): number | undefined {
    return this.#byField.get(field)?.expiresAt
  }

  set(field: string, at: number): void {
    let expiry = this.#byField.get(field)
    if (expiry === undefined) {
      expiry = new FieldExpiry(field, at)
      this.#byField.set(field, expiry)
    }
    expiry.expiresAt = at
    this.#heap.update(expiry)
  }

  /** Returns false if the field does not expire. */
  delete(field: string): boolean {
    const expiry = this.#byField.get(field)
    if (expiry === undefined) return false
    this.#byField.delete(field)
    this.#heap.remove(expiry)
    return true
  }

  /** Removes and returns the fields that have expired. */
  takeExpired(now: number): string[] {
    const fields: string[] = []
    // As with keys, a field exists until its millisecond is over.
    for (let first = this.#heap.first; first !== undefined && first.expiresAt < now; first = this.#heap.first) {
      this.delete(first.field)
      fields.push(first.field)
    }
    return fields
  }

  clone(): FieldExpiries {
    const copy = new FieldExpiries()
    for (const { field, expiresAt } of this.#byField.values()) copy.set(field, expiresAt)
    return copy
  }
}
