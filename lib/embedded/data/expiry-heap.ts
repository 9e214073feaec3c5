/** Something that falls due at some time. */
export interface Expiring {
  /** The time, in ms since 1970. */
  expiresAt: number
  /** The position in its heap, or -1; maintained by {@link ExpiryHeap}. */
  heapIndex: number
}

/**
 * Elements that fall due, the earliest on top. Each knows its position, so changing or removing one
 * takes log n, and a changed expiry leaves nothing stale behind.
 */
export class ExpiryHeap<T extends Expiring> {
  readonly #heap: T[] = []

  get size(): number {
    return this.#heap.length
  }

  /** The element that falls due first. */
  get first(): T | undefined {
    return this.#heap[0]
  }

  /** Adds an element, or moves it after its `expiresAt` has changed. */
  update(element: T): void {
    if (element.heapIndex === -1) {
      element.heapIndex = this.#heap.length
      this.#heap.push(element)
    }
    this.#down(this.#up(element))
  }

  remove(element: T): void {
    const index = element.heapIndex
    if (index === -1) return
    element.heapIndex = -1
    const last = this.#heap.pop() as T
    if (last === element) return
    this.#put(last, index)
    this.#down(this.#up(last))
  }

  /** Empties the heap. */
  clear(): void {
    for (const element of this.#heap) element.heapIndex = -1
    this.#heap.length = 0
  }

  #put(element: T, index: number): void {
    this.#heap[index] = element
    element.heapIndex = index
  }

  #up(element: T): T {
    let index = element.heapIndex
    while (index > 0) {
      const parent = this.#heap[(index - 1) >> 1]!
      if (parent.expiresAt <= element.expiresAt) break
      const above = parent.heapIndex
      this.#put(parent, index)
      index = above
    }
    this.#put(element, index)
    return element
  }

  #down(element: T): void {
    let index = element.heapIndex
    for (;;) {
      let child = index * 2 + 1
      if (child >= this.#heap.length) break
      if (child + 1 < this.#heap.length && this.#heap[child + 1]!.expiresAt < this.#heap[child]!.expiresAt) child++
      const least = this.#heap[child]!
      if (least.expiresAt >= element.expiresAt) break
      this.#put(least, index)
      index = child
    }
    this.#put(element, index)
  }
}
