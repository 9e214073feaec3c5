/** Chunks up to this length are gathered while they wait. */
const GATHERED_BYTES = 16 * 1024

const EMPTY = Buffer.alloc(0)

/**
 * Bytes that wait, in the chunks in which they came. Small chunks are gathered: a client can send single bytes by the
 * million, and each alone would take a hundred times its length.
 */
export class ChunkQueue {
  #chunks: Buffer[] = []
  /** Those before it have been taken out. */
  #first = 0
  #bytes = 0
  /** Where the last chunk lies, if it was gathered, with room behind it. */
  #room: Buffer = EMPTY

  /** Bytes that wait. */
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

  /** Takes out the chunk that came first. */
  shift(): Buffer | undefined {
    const chunk = this.#chunks[this.#first]
    if (chunk === undefined) return undefined
    this.#bytes -= chunk.length
    this.#chunks[this.#first++] = EMPTY
    // Not one by one: of a long array V8 moves all the rest each time.
    if (this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first)
      this.#first = 0
    }
    return chunk
  }

  /** Takes out all, joined. */
  join(): Buffer {
    const joined = Buffer.concat(this.#chunks.slice(this.#first))
    this.#chunks = []
    this.#first = 0
    this.#bytes = 0
    this.#room = EMPTY
    return joined
  }
}
