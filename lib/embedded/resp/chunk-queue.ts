/** Chunks up to this length are joined while they wait. */
const GATHERED_BYTES = 16 * 1024

const EMPTY = Buffer.alloc(0)

/**
 * Waiting bytes, in the chunks in which they arrived. Small chunks are joined: a client can send
 * single bytes by the million, and a chunk for each would take a hundred times its length.
 */
export class ChunkQueue {
  #chunks: Buffer[] = []
  /** All chunks before this index were removed. */
  #first = 0
  #bytes = 0
  /** The last chunk if it is a joined one, with free space at its end. */
  #room: Buffer = EMPTY

  /** The number of waiting bytes. */
  get bytes(): number {
    return this.#bytes
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length
    const last = this.#first < this.#chunks.length ? this.#chunks[this.#chunks.length - 1]! : EMPTY
    const length = last.length + chunk.length
    if (last.length === 0 || length > GATHERED_BYTES) {
      this.#chunks.push(chunk)
      this.#room = EMPTY
      return
    }
    if (length > this.#room.length) {
      this.#room = Buffer.allocUnsafeSlow(Math.min(GATHERED_BYTES, length * 2))
      last.copy(this.#room)
    }
    chunk.copy(this.#room, last.length)
    this.#chunks[this.#chunks.length - 1] = this.#room.subarray(0, length)
  }

  /** Removes and returns the first chunk. */
  shift(): Buffer | undefined {
    const chunk = this.#chunks[this.#first]
    if (chunk === undefined) return undefined
    this.#bytes -= chunk.length
    this.#chunks[this.#first++] = EMPTY
    // Removed in batches: with each removal from a long array, V8 moves all remaining elements.
    if (this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first)
      this.#first = 0
    }
    return chunk
  }

  /** Removes all chunks and returns them joined. */
  join(): Buffer {
    const joined = Buffer.concat(this.#chunks.slice(this.#first))
    this.#chunks = []
    this.#first = 0
    this.#bytes = 0
    this.#room = EMPTY
    return joined
  }
}
