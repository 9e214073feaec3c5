const SMALLEST = 16

/**
 * A double-ended queue in a ring buffer: push, pop and reading by index take constant time at any
 * size. It releases memory when three quarters of the ring are empty.
 */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array<T | undefined>(SMALLEST)
  #mask = SMALLEST - 1
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  /** The element at an index from 0; the caller has checked the index. */
  at(index: number): T {
    return this.#ring[(this.#head + index) & this.#mask] as T
  }

  set(index: number, value: T): void {
    this.#ring[(this.#head + index) & this.#mask] = value
  }

  push(value: T): void {
    if (this.#length > this.#mask) this.#resize((this.#mask + 1) * 2)
    this.#ring[(this.#head + this.#length++) & this.#mask] = value
  }

  unshift(value: T): void {
    if (this.#length > this.#mask) this.#resize((this.#mask + 1) * 2)
    this.#head = (this.#head - 1) & this.#mask
    this.#ring[this.#head] = value
    this.#length++
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const value = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) & this.#mask
    this.#length--
    this.#shrink()
    return value
  }

  pop(): T | undefined {
    if (this.#length === 0) return undefined
    const at = (this.#head + --this.#length) & this.#mask
    const value = this.#ring[at]
    this.#ring[at] = undefined
    this.#shrink()
    return value
  }

  /** Inserts a value before the one at `index`, moving the shorter side. */
  insert(index: number, value: T): void {
    if (index * 2 < this.#length) {
      this.unshift(value)
      for (let i = 0; i < index; i++) this.set(i, this.at(i + 1))
    } else {
      this.push(value)
      for (let i = this.#length - 1; i > index; i--) this.set(i, this.at(i - 1))
    }
    this.set(index, value)
  }

  /** Keeps the elements for which `keep` returns true; it is called in order. */
  filter(keep: (value: T) => boolean): void {
    let kept = 0
    for (let i = 0; i < this.#length; i++) {
      const value = this.at(i)
      if (keep(value)) this.set(kept++, value)
    }
    this.#cut(kept)
  }

  /** Keeps the elements from `start` up to, not including, `end`. */
  trim(start: number, end: number): void {
    for (let i = 0; i < start; i++) this.set(i, undefined as T)
    this.#head = (this.#head + start) & this.#mask
    this.#length -= start
    this.#cut(end - start)
  }

  slice(start: number, end: number): T[] {
    const part: T[] = []
    for (let i = start; i < end; i++) part.push(this.at(i))
    return part
  }

  /** Clears the slots past `length`. */
  #cut(length: number): void {
    for (let i = length; i < this.#length; i++) this.set(i, undefined as T)
    this.#length = length
    this.#shrink()
  }

  #shrink(): void {
    if (this.#mask < SMALLEST * 4 || this.#length > (this.#mask + 1) / 4) return
    let size = this.#mask + 1
    while (size > SMALLEST && this.#length <= size / 4) size /= 2
    this.#resize(size)
  }

  #resize(size: number): void {
    const ring = new Array<T | undefined>(size)
    for (let i = 0; i < this.#length; i++) ring[i] = this.at(i)
    this.#ring = ring
    this.#mask = size - 1
    this.#head = 0
  }
}
