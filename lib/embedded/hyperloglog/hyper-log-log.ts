import { ErrorReply } from '../resp/value.ts'
import { readRegister, writeRegister } from './dense.ts'
import { estimate } from './estimate.ts'
import { CARDINALITY_AT, DENSE_BYTES, ENCODING, ENCODING_AT, HEADER_BYTES, MAGIC, REGISTERS } from './layout.ts'
import { emptyRuns, HIGHEST_SPARSE_RANK, raiseSparse, runsOf } from './sparse.ts'

/** The bit in byte 7 of the stored count that marks the count as outdated. */
const STALE = 0x80

/** The registers of a HyperLogLog, one byte each. */
export type Registers = Uint8Array

/** A HyperLogLog that was read from a string and can be written as one again. */
export class HyperLogLog {
  #bytes: Buffer

  private constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /**
   * @throws WRONGTYPE if the string is not a HyperLogLog. Invalid registers are found only when
   * they are read.
   */
  static parse(text: string): HyperLogLog {
    const encoding = text.charCodeAt(ENCODING_AT)
    const isKnown = encoding === ENCODING.dense ? text.length === DENSE_BYTES : encoding === ENCODING.sparse
    if (text.length < HEADER_BYTES || !text.startsWith(MAGIC) || !isKnown) throw NO_HYPERLOGLOG
    return new HyperLogLog(Buffer.from(text, 'latin1'))
  }

  static empty(): HyperLogLog {
    const head = Buffer.alloc(HEADER_BYTES)
    head.write(MAGIC, 'latin1')
    head[ENCODING_AT] = ENCODING.sparse
    return new HyperLogLog(Buffer.concat([head, Buffer.from(emptyRuns())]))
  }

  get isSparse(): boolean {
    return this.#bytes[ENCODING_AT] === ENCODING.sparse
  }

  /** The stored count of elements; `undefined` if something has changed since. */
  get counted(): bigint | undefined {
    const isStale = (this.#bytes[CARDINALITY_AT + 7]! & STALE) !== 0
    return isStale ? undefined : this.#bytes.readBigUInt64LE(CARDINALITY_AT)
  }

  /** Counts the elements and stores the count. */
  count(): bigint {
    const count = cardinality(this.#histogram())
    this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, count), CARDINALITY_AT)
    return count
  }

  /** Marks the stored count as outdated. */
  touch(): void {
    this.#bytes[CARDINALITY_AT + 7]! |= STALE
  }

  /**
   * Raises a register to a rank; false if it was as high already.
   * @param mostSparseBytes - the size beyond which it changes to the dense form
   */
  raise(register: number, rank: number, mostSparseBytes: number): boolean {
    if (this.isSparse) {
      const raised = rank > HIGHEST_SPARSE_RANK ? 'full' : raiseSparse(this.#bytes, register, rank, mostSparseBytes)
      if (raised === 'corrupt') throw CORRUPT
      if (raised === 'same') return false
      if (raised !== 'full') {
        this.#bytes = raised
        this.touch()
        return true
      }
      this.makeDense()
    }
    if (readRegister(this.#bytes, register) >= rank) return false
    writeRegister(this.#bytes, register, rank)
    return true
  }

  /** Raises registers to the ranks of this HyperLogLog. */
  mergeInto(registers: Registers): void {
    if (this.isSparse) {
      for (const { first, length, rank } of this.#soundRuns()) {
        if (rank === 0) continue
        for (let i = first; i < first + length; i++) if (rank > registers[i]!) registers[i] = rank
      }
      return
    }
    for (let i = 0; i < REGISTERS; i++) registers[i] = Math.max(registers[i]!, readRegister(this.#bytes, i))
  }

  /** Changes to the dense form; the stored count stays valid. */
  makeDense(): void {
    if (!this.isSparse) return
    const dense = Buffer.alloc(DENSE_BYTES)
    this.#bytes.copy(dense, 0, 0, HEADER_BYTES)
    dense[ENCODING_AT] = ENCODING.dense
    for (const { first, length, rank } of this.#soundRuns()) {
      if (rank === 0) continue
      for (let i = first; i < first + length; i++) writeRegister(dense, i, rank)
    }
    this.#bytes = dense
  }

  /** The runs of the sparse form in the notation of PFDEBUG. */
  describeRuns(): string {
    return [...runsOf(this.#bytes)]
      .map(({ bytes, length, rank }) => (rank > 0 ? `v:${rank},${length}` : `${bytes === 1 ? 'z' : 'Z'}:${length}`))
      .join(' ')
  }

  toString(): string {
    return this.#bytes.toString('latin1')
  }

  #histogram(): Uint16Array {
    if (!this.isSparse) {
      const registers = new Uint8Array(REGISTERS)
      this.mergeInto(registers)
      return histogramOf(registers)
    }
    const histogram = new Uint16Array(64)
    for (const { length, rank } of this.#soundRuns()) histogram[rank]! += length
    return histogram
  }

  /** @throws INVALIDOBJ if the runs do not add up to the number of registers */
  *#soundRuns(): ReturnType<typeof runsOf> {
    let end = 0
    for (const run of runsOf(this.#bytes)) {
      end = run.first + run.length
      if (end > REGISTERS) throw CORRUPT
      yield run
    }
    if (end !== REGISTERS) throw CORRUPT
  }
}

function histogramOf(registers: Registers): Uint16Array {
  const histogram = new Uint16Array(64)
  for (const rank of registers) histogram[rank]!++
  return histogram
}

/** The cardinality that these registers indicate. */
export function countRegisters(registers: Registers): bigint {
  return cardinality(histogramOf(registers))
}

/**
 * Registers that are too high for any real elements indicate infinity; Redis then returns the
 * smallest integer.
 */
function cardinality(histogram: Uint16Array): bigint {
  const count = estimate(histogram)
  return Number.isFinite(count) ? BigInt(count) : -(2n ** 63n)
}

const NO_HYPERLOGLOG = new ErrorReply('WRONGTYPE Key is not a valid HyperLogLog string value.')
const CORRUPT = new ErrorReply('INVALIDOBJ Corrupted HLL object detected')
