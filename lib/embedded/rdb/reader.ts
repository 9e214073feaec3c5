import { BadPayload } from './bad-payload.ts'
import type { Budget } from './budget.ts'
import { decompress } from './lzf.ts'
import { STRING } from './types.ts'

/**
 * Reads the parts of an RDB value one after the other. Refuses lengths that exceed the remaining
 * bytes.
 */
export class Reader {
  readonly budget: Budget
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, budget: Budget, at = 0) {
    this.#bytes = bytes
    this.budget = budget
    this.#at = at
  }

  /** The number of bytes read. */
  get offset(): number {
    return this.#at
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  byte(): number {
    this.#need(1)
    return this.#bytes[this.#at++]!
  }

  /** The next bytes, as a view of the input. */
  bytes(count: number): Buffer {
    this.#need(count)
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  /** A length of 6, 14, 32 or 64 bits. */
  bigLength(): bigint {
    const length = this.#lengthOrForm()
    if (typeof length !== 'object') return BigInt(length)
    throw new BadPayload('a length was expected')
  }

  length(): number {
    const length = this.#lengthOrForm()
    if (typeof length === 'number') return length
    throw new BadPayload('a length was expected')
  }

  /**
   * The number of elements that follow.
   * @param leastBytes - the minimum size of each
   */
  count(leastBytes: number): number {
    const count = this.length()
    this.#need(count * leastBytes)
    this.budget.spendElements(count)
    return count
  }

  /** A string in any encoding, as bytes. */
  blob(): Buffer {
    const length = this.#lengthOrForm()
    if (typeof length === 'number') return this.bytes(length)
    if (typeof length === 'object' && length.form === STRING.lzf) return this.#compressed()
    return Buffer.from(this.#smallInteger(length), 'latin1')
  }

  /** A string in any encoding, as text of one character per byte. */
  text(): string {
    const length = this.#lengthOrForm()
    if (typeof length === 'number') return this.bytes(length).toString('latin1')
    if (typeof length === 'object' && length.form === STRING.lzf) return this.#compressed().toString('latin1')
    return this.#smallInteger(length)
  }

  /** Eight bytes, least significant first. */
  int64(): bigint {
    return this.bytes(8).readBigInt64LE()
  }

  double(): number {
    return this.bytes(8).readDoubleLE()
  }

  #need(count: number): void {
    if (count > this.#bytes.length - this.#at) throw new BadPayload('it is cut off', true)
  }

  #lengthOrForm(): number | bigint | { readonly form: number } {
    const first = this.byte()
    const rest = first & 0x3f
    if (first >> 6 === 0) return rest
    if (first >> 6 === 1) return (rest << 8) | this.byte()
    if (first >> 6 === 3) return { form: rest }
    if (rest === 0) return this.bytes(4).readUInt32BE()
    if (rest !== 1) throw new BadPayload('a length has no such form')
    const length = this.bytes(8).readBigUInt64BE()
    return length <= Number.MAX_SAFE_INTEGER ? Number(length) : length
  }

  #smallInteger(length: bigint | { readonly form: number }): string {
    if (typeof length === 'bigint') throw new BadPayload('it is cut off', true)
    if (length.form === STRING.int8) return String(this.bytes(1).readInt8())
    if (length.form === STRING.int16) return String(this.bytes(2).readInt16LE())
    if (length.form === STRING.int32) return String(this.bytes(4).readInt32LE())
    throw new BadPayload('a string has no such form')
  }

  #compressed(): Buffer {
    const packed = this.length()
    const length = this.length()
    const bytes = this.bytes(packed)
    this.budget.spendBytes(length)
    return decompress(bytes, length)
  }
}
