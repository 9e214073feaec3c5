import type { Value } from '../data/value.ts'
import { BadPayload } from './bad-payload.ts'
import { Budget } from './budget.ts'
import { Crc64 } from './crc64.ts'
import type { ValueLimits } from './limits.ts'
import { readValue } from './read-value.ts'
import { Reader } from './reader.ts'
import { NEWEST_VERSION } from './types.ts'

/** The magic bytes of an RDB file; its version follows in four digits. */
export const RDB_MAGIC = 'REDIS'
const HEADER_BYTES = 9

/** Opcodes between values: information about the file, and about the next value. */
const OPCODE = {
  functions: 245,
  olderFunctions: 246,
  module: 247,
  idle: 248,
  frequency: 249,
  fact: 250,
  sizes: 251,
  expiryMs: 252,
  expirySeconds: 253,
  database: 254,
  end: 255,
} as const

/** A key of an RDB file. */
export interface FileEntry {
  readonly db: number
  readonly key: string
  readonly value: Value
  /** In ms since 1970; -1 for never. */
  readonly expiresAt: number
}

/** Reads an RDB file chunk by chunk, a key at a time. */
export class RdbFileReader {
  readonly #limits: ValueLimits
  readonly #crc = new Crc64()
  #buffer: Buffer = Buffer.alloc(0)
  #chunks: Buffer[] = []
  #pushed = 0
  #position = 0
  /** The number of bytes needed before parsing is tried again. */
  #needed = HEADER_BYTES
  /** The number of bytes parsed. */
  #offset = 0
  #db = 0
  #expiresAt = -1

  constructor(limits: ValueLimits) {
    this.#limits = limits
  }

  /** Where the next part begins in the file. */
  get offset(): number {
    return this.#offset
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#pushed += chunk.length
  }

  /**
   * The next key, or `end` at the end of the file; `undefined` until more is pushed.
   * @param isAll - no more bytes will be pushed
   * @throws BadPayload - if there is no valid entry at {@link offset}
   */
  next(isAll: boolean): FileEntry | 'end' | undefined {
    while (isAll || this.#buffer.length - this.#position + this.#pushed >= this.#needed) {
      this.#join()
      const reader = new Reader(this.#buffer, new Budget(Infinity), this.#position)
      let part: FileEntry | 'end' | undefined
      try {
        part = this.#part(reader)
      } catch (error) {
        if (!(error instanceof BadPayload && error.cutOff) || isAll) throw error
        // Wait for twice as much: otherwise a large value would be read from its beginning for each
        // chunk.
        this.#needed = (this.#buffer.length - this.#position) * 2
        return undefined
      }
      this.#take(reader.offset)
      if (part !== undefined) return part
    }
    return undefined
  }

  #take(end: number): void {
    this.#crc.add(this.#buffer.subarray(this.#position, end))
    this.#offset += end - this.#position
    this.#position = end
    this.#needed = 1
  }

  /** Reads one part, and remembers what it says about the next value. */
  #part(reader: Reader): FileEntry | 'end' | undefined {
    if (this.#offset === 0) return readHeader(reader)
    const code = reader.byte()
    switch (code) {
      case OPCODE.fact:
        reader.text()
        reader.text()
        return undefined
      case OPCODE.sizes:
        reader.bigLength()
        reader.bigLength()
        return undefined
      case OPCODE.idle:
        reader.bigLength()
        return undefined
      case OPCODE.frequency:
        reader.byte()
        return undefined
      case OPCODE.database:
        this.#db = reader.length()
        return undefined
      case OPCODE.expiryMs:
        this.#expiresAt = Number(reader.int64())
        return undefined
      case OPCODE.expirySeconds:
        this.#expiresAt = reader.bytes(4).readInt32LE() * 1000
        return undefined
      case OPCODE.functions:
      case OPCODE.olderFunctions:
        throw new BadPayload('it holds functions, which this server does not know')
      case OPCODE.module:
        throw new BadPayload('it holds data of a module, which this server does not know')
      case OPCODE.end:
        this.#checkEnd(reader)
        return 'end'
      default: {
        const entry = { db: this.#db, key: reader.text(), value: readValue(code, reader, this.#limits) }
        const expiresAt = this.#expiresAt
        this.#expiresAt = -1
        return { ...entry, expiresAt }
      }
    }
  }

  /** The checksum covers all preceding bytes; zeros mean that there is none. */
  #checkEnd(reader: Reader): void {
    const start = this.#position
    const checksum = reader.bytes(8)
    this.#crc.add(this.#buffer.subarray(start, start + 1))
    if (!checksum.equals(NO_CHECKSUM) && !checksum.equals(this.#crc.digest()))
      throw new BadPayload('the checksum is wrong')
  }

  #join(): void {
    if (this.#pushed === 0) return
    this.#buffer = Buffer.concat([this.#buffer.subarray(this.#position), ...this.#chunks])
    this.#position = 0
    this.#chunks = []
    this.#pushed = 0
  }
}

const NO_CHECKSUM = Buffer.alloc(8)

function readHeader(reader: Reader): undefined {
  const header = reader.bytes(HEADER_BYTES).toString('latin1')
  const version = /^[0-9]{4}$/.test(header.slice(RDB_MAGIC.length)) ? Number(header.slice(RDB_MAGIC.length)) : 0
  if (!header.startsWith(RDB_MAGIC) || version < 1) throw new BadPayload('it is no RDB file')
  if (version > NEWEST_VERSION) throw new BadPayload(`its version ${version} is newer than ${NEWEST_VERSION}`)
}
