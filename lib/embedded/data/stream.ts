import type { ConsumerGroup } from './consumer-group.ts'
import { type BlockLimits, type Fields, StreamBlock } from './stream-block.ts'
import { MAX_ID, type StreamId } from './stream-id.ts'
import type { Aggregate } from './value.ts'

export interface StreamEntry {
  readonly id: StreamId
  readonly fields: Fields
}

/** What remains after trimming. */
export type TrimTo = { readonly maxLength: number } | { readonly minId: StreamId }

/** A stream of Redis: entries in the order of their ids, in blocks, and its consumer groups. */
export class Stream implements Aggregate {
  readonly type = 'stream'
  readonly encoding = 'stream'
  readonly groups: Map<string, ConsumerGroup> = new Map()
  /** The largest id that was ever assigned. */
  lastId: StreamId = 0n
  /** The largest id that was deleted, not counting trimming. */
  maxDeletedId: StreamId = 0n
  /** The number of entries ever added, as far as it is known: XSETID can set any number. */
  entriesAdded = 0n
  /** Increases with each entry, so that waiting readers can see whether any was added. */
  version = 0
  #length = 0
  readonly #blocks: StreamBlock[] = []

  get length(): number {
    return this.#length
  }

  get blocks(): readonly StreamBlock[] {
    return this.#blocks
  }

  /** The id of the first entry, or 0. */
  get firstId(): StreamId {
    for (const block of this.#blocks) if (block.live > 0) return block.idAt(block.firstLive)
    return 0n
  }

  /** The id of the last entry, or 0. */
  get topId(): StreamId {
    for (let i = this.#blocks.length - 1; i >= 0; i--) {
      const block = this.#blocks[i]!
      if (block.live > 0) return block.idAt(block.lastLive)
    }
    return 0n
  }

  /** Adds an entry whose id is larger than {@link lastId}. */
  append(id: StreamId, fields: Fields, limits: BlockLimits): void {
    let block = this.#blocks.at(-1)
    if (block === undefined || !block.hasRoom(fields, limits)) {
      block = new StreamBlock(id, fields)
      this.#blocks.push(block)
    }
    block.append(id, fields)
    this.#length++
    this.entriesAdded++
    this.version++
    this.lastId = id
  }

  /** Appends a block of entries. The caller sets the ids and counters of the stream. */
  adopt(block: StreamBlock): void {
    this.#blocks.push(block)
    this.#length += block.live
  }

  has(id: StreamId): boolean {
    const block = this.#blocks[this.#blockOf(id)]
    if (block === undefined) return false
    const place = block.placeOf(id)
    return place < block.places && block.idAt(place) === id && block.fieldsAt(place) !== undefined
  }

  /** Deletes an entry; false if it does not exist. */
  delete(id: StreamId): boolean {
    const index = this.#blockOf(id)
    const block = this.#blocks[index]
    if (block === undefined) return false
    const place = block.placeOf(id)
    if (place >= block.places || block.idAt(place) !== id || !block.removeAt(place)) return false
    if (block.live === 0) this.#blocks.splice(index, 1)
    this.#length--
    if (id > this.maxDeletedId) this.maxDeletedId = id
    return true
  }

  /** Entries from `start` to `end`, both included, but at most `count`. */
  range(start: StreamId, end: StreamId = MAX_ID, count: number = Infinity): StreamEntry[] {
    const found: StreamEntry[] = []
    for (let index = Math.max(0, this.#blockOf(start)); index < this.#blocks.length; index++) {
      const block = this.#blocks[index]!
      for (let place = block.placeOf(start); place < block.places; place++) {
        if (found.length >= count) return found
        const id = block.idAt(place)
        if (id > end) return found
        const fields = block.fieldsAt(place)
        if (fields !== undefined) found.push({ id, fields })
      }
    }
    return found
  }

  /** As {@link range}, in descending order. */
  reverseRange(start: StreamId, end: StreamId, count: number = Infinity): StreamEntry[] {
    const found: StreamEntry[] = []
    for (let index = this.#blockOf(end); index >= 0; index--) {
      const block = this.#blocks[index]!
      let place = Math.min(block.placeOf(end), block.places - 1)
      for (; place >= 0; place--) {
        if (found.length >= count) return found
        const id = block.idAt(place)
        if (id < start) return found
        const fields = block.fieldsAt(place)
        if (fields !== undefined && id <= end) found.push({ id, fields })
      }
    }
    return found
  }

  /**
   * Removes entries from the start.
   * @param wholeBlocks - removes only whole blocks (`~`)
   * @param limit - the greatest number of entries to remove, 0 for any number
   * @returns how many entries were removed
   */
  trim(to: TrimTo, wholeBlocks: boolean, limit: number): number {
    const before = this.#length
    for (let block = this.#blocks[0]; block !== undefined; block = this.#blocks[0]) {
      if ('maxLength' in to && this.#length <= to.maxLength) break
      if (limit > 0 && before - this.#length + block.live > limit) break
      const goes = 'maxLength' in to ? this.#length - block.live >= to.maxLength : block.lastId < to.minId
      if (!goes) {
        if (!wholeBlocks) this.#trimBlock(block, to)
        break
      }
      this.#blocks.shift()
      this.#length -= block.live
    }
    return before - this.#length
  }

  #trimBlock(block: StreamBlock, to: TrimTo): void {
    for (let place = 0; place < block.places; place++) {
      if ('maxLength' in to ? this.#length <= to.maxLength : block.idAt(place) >= to.minId) break
      if (block.removeAt(place)) this.#length--
    }
  }

  clone(): Stream {
    const copy = new Stream()
    copy.lastId = this.lastId
    copy.maxDeletedId = this.maxDeletedId
    copy.entriesAdded = this.entriesAdded
    copy.#length = this.#length
    for (const block of this.#blocks) copy.#blocks.push(block.clone())
    for (const [name, group] of this.groups) copy.groups.set(name, group.clone())
    return copy
  }

  /** The last block that begins at `id` or earlier, or -1. */
  #blockOf(id: StreamId): number {
    let low = 0
    let high = this.#blocks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#blocks[middle]!.key <= id) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
