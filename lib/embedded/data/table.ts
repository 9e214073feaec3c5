interface Slot<V> {
  readonly key: string
  value: V
  index: number
}

/**
 * Values by key, in the order of insertion, with random access once {@link index} was called: then
 * a scan can be continued later, and a random key takes constant time.
 */
export class Table<V> {
  readonly #slots = new Map<string, Slot<V>>()
  /**
   * All slots without gaps. The last slot fills a gap, so a slot only moves to a lower position,
   * and a scan from the top down meets every key that is not removed meanwhile.
   */
  #list: Slot<V>[] | undefined

  get size(): number {
    return this.#slots.size
  }

  get(key: string): V | undefined {
    return this.#slots.get(key)?.value
  }

  has(key: string): boolean {
    return this.#slots.has(key)
  }

  /** True if the key is new. */
  set(key: string, value: V): boolean {
    const slot = this.#slots.get(key)
    if (slot !== undefined) {
      slot.value = value
      return false
    }
    const added = { key, value, index: this.#list?.length ?? 0 }
    this.#slots.set(key, added)
    this.#list?.push(added)
    return true
  }

  delete(key: string): boolean {
    const slot = this.#slots.get(key)
    if (slot === undefined) return false
    this.#slots.delete(key)
    const last = this.#list?.pop()
    if (last !== undefined && last !== slot) {
      this.#list![slot.index] = last
      last.index = slot.index
    }
    return true
  }

  keys(): IterableIterator<string> {
    return this.#slots.keys()
  }

  *entries(): Generator<[key: string, value: V]> {
    for (const slot of this.#slots.values()) yield [slot.key, slot.value]
  }

  /** Enables random access from now on. */
  index(): void {
    this.#list ??= [...this.#slots.values()].map((slot, i) => Object.assign(slot, { index: i }))
  }

  /** A random key; the table must not be empty. */
  random(): [key: string, value: V] {
    let at = Math.floor(Math.random() * this.size)
    if (this.#list !== undefined) {
      const slot = this.#list[at]!
      return [slot.key, slot.value]
    }
    for (const entry of this.entries()) if (at-- === 0) return entry
    throw new Error('the table is empty')
  }

  /**
   * Visits about `count` keys, starting at a cursor; 0 begins. Without an index it visits all at
   * once.
   * @returns the next cursor; 0 when all keys were visited
   */
  scan(cursor: number, count: number, visit: (key: string, value: V) => void): number {
    if (this.#list === undefined) {
      for (const [key, value] of this.entries()) visit(key, value)
      return 0
    }
    const start = cursor === 0 ? this.#list.length : Math.min(cursor, this.#list.length)
    const end = Math.max(0, start - count)
    for (let i = start - 1; i >= end; i--) visit(this.#list[i]!.key, this.#list[i]!.value)
    return end
  }
}
