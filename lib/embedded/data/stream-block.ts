import { EMPTY_LISTPACK_BYTES, integerBytes, stringBytes } from './listpack-size.ts'
import { msOf, type StreamId, sequenceOf } from './stream-id.ts'

/** Alternating names and values. */
export type Fields = readonly string[]

/**
 * The limits of a block of entries (`stream-node-max-bytes`, `stream-node-max-entries`); 0 for no
 * limit.
 */
export interface BlockLimits {
  readonly bytes: number
  readonly entries: number
}

/** Redis never stores a larger listpack, regardless of the configuration. */
const MAX_LISTPACK_BYTES = 2 ** 30

/**
 * Consecutive entries of a stream. In Redis this is a node of a radix tree, and `~` trims only
 * whole nodes. To trim a stream where Redis trims it, a block counts the bytes of Redis's listpack.
 * A deleted entry leaves its place behind, which also counts.
 */
export class StreamBlock {
  /** The id of the entry that it was created for; Redis stores other ids relative to it. */
  readonly key: StreamId
  /** The number of entries that are not deleted. */
  live = 0
  readonly #keyMs: bigint
  readonly #keySequence: bigint
  /** The names of the fields of its first entry. */
  readonly names: readonly string[]
  readonly #ids: StreamId[] = []
  readonly #fields: (Fields | undefined)[] = []
  /** All places before this one are empty. */
  #start = 0
  #bytes: number

  /** @param fields - of the first entry; entries with the same names share them */
  constructor(key: StreamId, fields: Fields) {
    this.key = key
    this.#keyMs = msOf(key)
    this.#keySequence = sequenceOf(key)
    this.names = fields.filter((_, i) => i % 2 === 0)
    this.#bytes = EMPTY_LISTPACK_BYTES + integerBytes(this.names.length) + integerBytes(0)
    for (const name of this.names) this.#bytes += stringBytes(name)
  }

  /** The number of places, including those of deleted entries. */
  get places(): number {
    return this.#ids.length
  }

  /** The id of the last place. */
  get lastId(): StreamId {
    return this.#ids.at(-1) as StreamId
  }

  /** The id of the first place. */
  get firstId(): StreamId {
    return this.#ids[0] as StreamId
  }

  hasRoom(fields: Fields, { bytes, entries }: BlockLimits): boolean {
    const most = bytes === 0 ? MAX_LISTPACK_BYTES : Math.min(bytes, MAX_LISTPACK_BYTES)
    let size = this.#bytes + integerBytes(this.live) + integerBytes(this.places - this.live)
    for (const text of fields) size += text.length
    return size < most && (entries === 0 || this.places < entries)
  }

  append(id: StreamId, fields: Fields): void {
    const count = fields.length / 2
    const same = this.hasNames(fields)
    const ms = BigInt.asIntN(64, msOf(id) - this.#keyMs)
    const sequence = BigInt.asIntN(64, sequenceOf(id) - this.#keySequence)
    let bytes = integerBytes(same ? 2 : 0) + integerBytes(ms) + integerBytes(sequence)
    for (let i = 1; i < fields.length; i += 2) bytes += stringBytes(fields[i]!)
    if (!same) {
      bytes += integerBytes(count)
      for (let i = 0; i < fields.length; i += 2) bytes += stringBytes(fields[i]!)
    }
    this.#bytes += bytes + integerBytes(same ? count + 3 : 2 * count + 4)
    this.#ids.push(id)
    this.#fields.push(same ? this.#withSharedNames(fields) : fields)
    this.live++
  }

  /** Whether an entry has the names of the first one, and so need not store them. */
  hasNames(fields: Fields): boolean {
    const { names } = this
    if (fields.length !== names.length * 2) return false
    for (let i = 0; i < names.length; i++) if (fields[i * 2] !== names[i]) return false
    return true
  }

  /** Each request contains its own copies of the names; this reuses the stored ones. */
  #withSharedNames(fields: Fields): Fields {
    const shared = [...fields]
    for (let i = 0; i < this.names.length; i++) shared[i * 2] = this.names[i]!
    return shared
  }

  idAt(place: number): StreamId {
    return this.#ids[place]!
  }

  /** `undefined` if the entry was deleted. */
  fieldsAt(place: number): Fields | undefined {
    return this.#fields[place]
  }

  /** The first place whose id is not less than `id`, or the place after the last one. */
  placeOf(id: StreamId): number {
    let low = this.#start
    let high = this.#ids.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#ids[middle]! < id) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The place of the first entry that is not deleted; -1 if there is none. */
  get firstLive(): number {
    return this.live === 0 ? -1 : this.#start
  }

  get lastLive(): number {
    for (let i = this.#ids.length - 1; i >= this.#start; i--) if (this.#fields[i] !== undefined) return i
    return -1
  }

  /** Deletes the entry at a place; false if it is deleted already. */
  removeAt(place: number): boolean {
    if (this.#fields[place] === undefined) return false
    this.#fields[place] = undefined
    this.live--
    while (this.#start < this.#ids.length && this.#fields[this.#start] === undefined) this.#start++
    return true
  }

  clone(): StreamBlock {
    const names = this.names.flatMap((name) => [name, ''])
    const copy = new StreamBlock(this.key, names)
    copy.live = this.live
    copy.#ids.push(...this.#ids)
    copy.#fields.push(...this.#fields)
    copy.#start = this.#start
    copy.#bytes = this.#bytes
    return copy
  }
}
