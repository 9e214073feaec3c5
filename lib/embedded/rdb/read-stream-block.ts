import { StreamBlock } from '../data/stream-block.ts'
import { msOf, type StreamId, sequenceOf, streamId } from '../data/stream-id.ts'
import { parseInt64 } from '../text/numbers.ts'
import { BadPayload } from './bad-payload.ts'
import type { Budget } from './budget.ts'
import { listpackElements } from './listpack.ts'
import { ENTRY } from './types.ts'

/**
 * Reads a listpack of entries:
 *
 * ```
 * entries  removed  names  name …  0
 * flags  ms  sequence  [fields]  name? value …  elements    for each entry, ids as what is added to the key
 * ```
 *
 * An entry with the names of the block is stored without its names.
 * @param after - the last id before this block
 */
export function readBlock(key: StreamId, bytes: Buffer, after: StreamId, budget: Budget): StreamBlock {
  const elements = new Elements(listpackElements(bytes, budget))
  const live = elements.count()
  const total = live + elements.count()
  const names = elements.take(elements.count())
  const block = new StreamBlock(
    key,
    names.flatMap((name) => [name, '']),
  )
  elements.take(1)
  // Only ids and blocks in ascending order can be looked up.
  if (key <= after) throw DAMAGED
  let last = after
  for (let i = 0; i < total; i++) {
    const flags = elements.count()
    const id = shifted(key, elements.integer(), elements.integer())
    const fields = flags & ENTRY.sameFields ? withNames(elements, names) : elements.take(elements.count() * 2)
    elements.take(1)
    if (id < key || id <= last || fields.length === 0) throw DAMAGED
    block.append(id, fields)
    if (flags & ENTRY.deleted) block.removeAt(block.places - 1)
    last = id
  }
  if (block.live !== live || live === 0 || !elements.isAtEnd) throw DAMAGED
  return block
}

const DAMAGED = new BadPayload('a listpack holds no entries of a stream')

function withNames(elements: Elements, names: readonly string[]): string[] {
  const values = elements.take(names.length)
  return names.flatMap((name, i) => [name, values[i]!])
}

/** Each part wraps around on its own. */
function shifted(key: StreamId, ms: bigint, sequence: bigint): StreamId {
  return streamId(BigInt.asUintN(64, msOf(key) + ms), BigInt.asUintN(64, sequenceOf(key) + sequence))
}

/** Reads elements one after the other. */
class Elements {
  readonly #elements: readonly string[]
  #at = 0

  constructor(elements: readonly string[]) {
    this.#elements = elements
  }

  get isAtEnd(): boolean {
    return this.#at === this.#elements.length
  }

  take(count: number): string[] {
    if (count > this.#elements.length - this.#at) throw DAMAGED
    this.#at += count
    return this.#elements.slice(this.#at - count, this.#at)
  }

  integer(): bigint {
    const value = parseInt64(this.take(1)[0]!)
    if (value === undefined) throw DAMAGED
    return value
  }

  count(): number {
    const value = this.integer()
    if (value < 0n || value > this.#elements.length) throw DAMAGED
    return Number(value)
  }
}
