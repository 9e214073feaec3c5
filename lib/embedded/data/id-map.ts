import type { StreamId } from './stream-id.ts'

/**
 * The largest chunk, in keys, before it is split: small enough for cheap changes, large enough for
 * few chunks to search.
 */
const CHUNK = 256

interface Chunk<V> {
  readonly ids: StreamId[]
  readonly values: V[]
}

/**
 * Values by stream id, in ascending order. New ids usually come at the end, but may come and go
 * anywhere.
 */
export class IdMap<V> {
  /** No chunk is empty. */
  readonly #chunks: Chunk<V>[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  get(id: StreamId): V | undefined {
    const chunk = this.#chunks[this.#chunkOf(id)]
    if (chunk === undefined) return undefined
    const at = lowerBound(chunk.ids, id)
    return chunk.ids[at] === id ? chunk.values[at] : undefined
  }

  set(id: StreamId, value: V): void {
    let index = this.#chunkOf(id)
    if (index === this.#chunks.length) {
      if (index === 0 || this.#chunks[index - 1]!.ids.length >= CHUNK) this.#chunks.push({ ids: [], values: [] })
      else index--
    }
    const chunk = this.#chunks[index]!
    const at = lowerBound(chunk.ids, id)
    if (chunk.ids[at] === id) {
      chunk.values[at] = value
      return
    }
    this.#size++
    chunk.ids.splice(at, 0, id)
    chunk.values.splice(at, 0, value)
    if (chunk.ids.length <= CHUNK) return
    const half = chunk.ids.length >> 1
    this.#chunks.splice(index + 1, 0, { ids: chunk.ids.splice(half), values: chunk.values.splice(half) })
  }

  delete(id: StreamId): boolean {
    const index = this.#chunkOf(id)
    const chunk = this.#chunks[index]
    if (chunk === undefined) return false
    const at = lowerBound(chunk.ids, id)
    if (chunk.ids[at] !== id) return false
    this.#size--
    if (chunk.ids.length === 1) this.#chunks.splice(index, 1)
    else {
      chunk.ids.splice(at, 1)
      chunk.values.splice(at, 1)
    }
    return true
  }

  get first(): V | undefined {
    return this.#chunks[0]?.values[0]
  }

  get last(): V | undefined {
    return this.#chunks.at(-1)?.values.at(-1)
  }

  /** The value with the least id that is not less than `id`. */
  atOrAfter(id: StreamId): V | undefined {
    const chunk = this.#chunks[this.#chunkOf(id)]
    return chunk?.values[lowerBound(chunk.ids, id)]
  }

  /**
   * Values in ascending order of their ids, starting at `start`. The map must not change meanwhile.
   */
  *from(start: StreamId): Generator<V> {
    let index = this.#chunkOf(start)
    let at = index < this.#chunks.length ? lowerBound(this.#chunks[index]!.ids, start) : 0
    for (; index < this.#chunks.length; index++, at = 0) {
      const { values } = this.#chunks[index]!
      for (; at < values.length; at++) yield values[at]!
    }
  }

  /** The first chunk that ends at `id` or later. */
  #chunkOf(id: StreamId): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#chunks[middle]!.ids.at(-1)! < id) low = middle + 1
      else high = middle
    }
    return low
  }
}

function lowerBound(ids: readonly StreamId[], id: StreamId): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ids[middle]! < id) low = middle + 1
    else high = middle
  }
  return low
}
