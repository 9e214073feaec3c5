/** The initial size in bytes. */
const SMALLEST = 256

/** Writes the parts of an RDB value one after the other. */
export class Writer {
  #bytes = Buffer.allocUnsafe(SMALLEST)
  #length = 0
  readonly #most: number

  /** @param most - the size in bytes beyond which it throws {@link TooLong} */
  constructor(most: number) {
    this.#most = most
  }

  byte(value: number): void {
    const at = this.#room(1)
    this.#bytes[at] = value
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** A length, in as few bytes as possible. */
  length(value: number | bigint): void {
    if (value < 0x40) this.byte(Number(value))
    else if (value < 0x4000) {
      const at = this.#room(2)
      this.#bytes.writeUInt16BE(0x4000 | Number(value), at)
    } else if (value < 2 ** 32) {
      this.byte(0x80)
      const at = this.#room(4)
      this.#bytes.writeUInt32BE(Number(value), at)
    } else {
      this.byte(0x81)
      const at = this.#room(8)
      this.#bytes.writeBigUInt64BE(BigInt(value), at)
    }
  }

  /** A string without compression. */
  text(text: string): void {
    this.length(text.length)
    const at = this.#room(text.length)
    this.#bytes.write(text, at, 'latin1')
  }

  /** A string of bytes. */
  blob(bytes: Uint8Array): void {
    this.length(bytes.length)
    this.bytes(bytes)
  }

  int64(value: bigint): void {
    const at = this.#room(8)
    this.#bytes.writeBigInt64LE(BigInt.asIntN(64, value), at)
  }

  double(value: number): void {
    const at = this.#room(8)
    this.#bytes.writeDoubleLE(value, at)
  }

  /** The bytes written so far, as a view of the writer's memory. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Reserves the next `count` bytes and returns their position. */
  #room(count: number): number {
    const at = this.#length
    const length = at + count
    if (length > this.#most) throw new TooLong()
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, this.#bytes.length * 2))
      grown.set(this.written)
      this.#bytes = grown
    }
    this.#length = length
    return at
  }
}

/** The result would exceed the maximum length. */
export class TooLong extends Error {
  override readonly name = 'TooLong'
}
