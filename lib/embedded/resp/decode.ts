import { splitArguments } from '../text/arguments.ts'
import { ChunkQueue } from './chunk-queue.ts'

/**
 * The client did not send valid Redis protocol. The server answers `-ERR Protocol error: …` and
 * disconnects.
 */
export class RespProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

/** Limits that are checked while a request is read, before anything is allocated for it. */
export interface DecodeLimits {
  /** The number of arguments of one command. */
  readonly maxArguments: number
  /** The length of one argument in bytes. */
  readonly maxBulkBytes: number
  /** The length of all arguments of one command in bytes. */
  readonly maxRequestBytes: number
  /** Whether the client has authenticated; until then much lower limits apply. */
  readonly authenticated: boolean
}

/** The limits before a client has authenticated: Redis's own numbers. */
const UNAUTHENTICATED_ARGUMENTS = 10
const UNAUTHENTICATED_BULK_BYTES = 16384

/** The longest header line or inline command, as in Redis. */
const MAX_LINE_BYTES = 64 * 1024

/** V8 copies a substring up to this length; a longer one would keep the whole chunk in memory. */
const COPIED_UP_TO = 12

const LF = 10
const CR = 13
const DOLLAR = 36
const STAR = 42
const ZERO = 48
const EMPTY = Buffer.alloc(0)

/**
 * Turns the bytes of one client into commands: multibulk (`*2 $3 GET …`) or inline (`GET key`).
 *
 * {@link push} takes bytes in pieces of any size; {@link next} returns one whole command at a time,
 * so that the rest can wait here while a client is blocked. Nothing is scanned twice, and no byte
 * is copied more than a few times, however small the pieces are.
 */
export class RequestDecoder {
  readonly #limits: DecodeLimits
  /** The chunks after the current one. */
  readonly #queue = new ChunkQueue()

  #chunk: Buffer = EMPTY
  #position = 0
  /** The chunk as text, created for its first short argument. */
  #text: string | undefined
  /**
   * The first zero byte in the chunk after some earlier position; past the end of the chunk if
   * there is none.
   */
  #zeroAt = -1

  /**
   * The current command, the number of arguments it still lacks, and the length of the current
   * argument (-1: its header was not read yet).
   */
  #argv: string[] | undefined
  #missing = 0
  #bulkLength = -1
  #argvBytes = 0
  /** The pieces of an argument that spans chunks. */
  #parts: ChunkQueue | undefined

  /** The `limits` can change when the client authenticates, and by CONFIG SET. */
  constructor(limits: DecodeLimits) {
    this.#limits = limits
  }

  /** The number of bytes that wait here. */
  get bufferedBytes(): number {
    return this.#queue.bytes + (this.#chunk.length - this.#position) + (this.#parts?.bytes ?? 0) + this.#argvBytes
  }

  /** Adds the next bytes; the buffer must not be modified afterwards. */
  push(chunk: Buffer): void {
    if (this.#position >= this.#chunk.length && this.#queue.bytes === 0) this.#use(chunk)
    else this.#queue.push(chunk)
  }

  /**
   * The next whole command, its name first; `undefined` until more bytes arrive.
   * @throws ProtocolError - and then no further command can be read.
   */
  next(): string[] | undefined {
    for (;;) {
      if (this.#argv === undefined) {
        const begun = this.#begin()
        if (begun === 'more') return undefined
        if (begun === 'nothing') continue
        if (begun !== 'multibulk') return begun
      }
      const argv = this.#argv!
      while (this.#missing > 0) {
        const argument = this.#argument()
        if (argument === undefined) return undefined
        argv.push(argument)
        this.#argvBytes += argument.length
        this.#missing--
      }
      this.#argv = undefined
      this.#argvBytes = 0
      return argv
    }
  }

  /**
   * Reads the beginning of a command: all of an inline command, or the number of arguments of a
   * multibulk one.
   */
  #begin(): 'more' | 'nothing' | 'multibulk' | string[] {
    if (this.#position >= this.#chunk.length && !this.#advance()) return 'more'
    if (this.#chunk[this.#position] !== STAR) return this.#inline()
    const count = this.#header('too big mbulk count string')
    if (count === undefined) return 'more'
    if (Number.isNaN(count)) throw new RespProtocolError('invalid multibulk length')
    const limits = this.#limits
    if (count > limits.maxArguments) throw new RespProtocolError('invalid multibulk length')
    if (count > UNAUTHENTICATED_ARGUMENTS && !limits.authenticated) {
      throw new RespProtocolError('unauthenticated multibulk length')
    }
    if (count <= 0) return 'nothing'
    this.#argv = []
    this.#missing = count
    this.#bulkLength = -1
    return 'multibulk'
  }

  #inline(): 'more' | 'nothing' | string[] {
    const end = this.#lineEnd('too big inline request')
    if (end === -1) return 'more'
    const stop = end > this.#position && this.#chunk[end - 1] === CR ? end - 1 : end
    const line = this.#chunk.toString('latin1', this.#position, stop)
    this.#position = end + 1
    const argv = splitArguments(line)
    if (argv === undefined) throw new RespProtocolError('unbalanced quotes in request')
    return argv.length === 0 ? 'nothing' : argv
  }

  /** One argument of a multibulk command. */
  #argument(): string | undefined {
    if (this.#bulkLength === -1 && !this.#readBulkLength()) return undefined
    const length = this.#bulkLength
    if (this.#parts !== undefined) return this.#collect(length)
    const start = this.#position
    if (this.#chunk.length - start < length + 2) {
      this.#parts = new ChunkQueue()
      return this.#collect(length)
    }
    this.#position = start + length + 2
    this.#bulkLength = -1
    if (length > COPIED_UP_TO) return this.#chunk.toString('latin1', start, start + length)
    this.#text ??= this.#chunk.toString('latin1')
    return this.#text.slice(start, start + length)
  }

  #readBulkLength(): boolean {
    if (this.#position >= this.#chunk.length && !this.#advance()) return false
    if (this.#chunk[this.#position] !== DOLLAR) {
      // Wait for the whole line before checking it: Redis has read the line before it checks the
      // first byte.
      if (this.#headerEnd('too big bulk count string') === -1) return false
      throw new RespProtocolError(`expected '$', got '${String.fromCharCode(this.#chunk[this.#position]!)}'`)
    }
    const length = this.#header('too big bulk count string')
    if (length === undefined) return false
    const limits = this.#limits
    if (!(length >= 0 && length <= limits.maxBulkBytes && this.#argvBytes + length <= limits.maxRequestBytes)) {
      throw new RespProtocolError('invalid bulk length')
    }
    if (length > UNAUTHENTICATED_BULK_BYTES && !limits.authenticated) {
      throw new RespProtocolError('unauthenticated bulk length')
    }
    this.#bulkLength = length
    return true
  }

  /**
   * Collects an argument that spans chunks. Memory is used for received bytes only, not for the
   * announced length.
   */
  #collect(length: number): string | undefined {
    const parts = this.#parts!
    for (;;) {
      const wanted = length + 2 - parts.bytes
      const end = Math.min(this.#chunk.length, this.#position + wanted)
      if (end > this.#position) {
        parts.push(this.#chunk.subarray(this.#position, end))
        this.#position = end
      }
      if (parts.bytes === length + 2) break
      if (!this.#advance()) return undefined
    }
    this.#parts = undefined
    this.#bulkLength = -1
    return parts.join().toString('latin1', 0, length)
  }

  /**
   * Reads the number in a `*` or `$` line; `NaN` if it is not one, `undefined` if the line is not
   * complete.
   */
  #header(tooLong: string): number | undefined {
    const chunk = this.#chunk
    let position = this.#position + 1
    let value = 0
    // Usually the header is a few digits in the same chunk: read them in one pass.
    for (let digits = 0; digits < 9; digits++) {
      const digit = chunk[position]! - ZERO
      if (!(digit >= 0 && digit <= 9)) break
      if (value === 0 && digits > 0) break
      value = value * 10 + digit
      position++
    }
    if (position > this.#position + 1 && chunk[position] === CR && position + 1 < chunk.length) {
      this.#position = position + 2
      return value
    }
    return this.#unusualHeader(tooLong)
  }

  #unusualHeader(tooLong: string): number | undefined {
    const end = this.#headerEnd(tooLong)
    if (end === -1) return undefined
    const text = this.#chunk.toString('latin1', this.#position + 1, end)
    this.#position = end + 2
    if (!/^(0|-?[1-9][0-9]{0,18})$/.test(text)) return Number.NaN
    return Number(text)
  }

  /**
   * Where the `*` or `$` line at the position ends; -1 if it is not complete. Redis looks only for
   * the carriage return, and skips the next byte without checking it.
   */
  #headerEnd(tooLong: string): number {
    for (;;) {
      const end = this.#lineEnd(tooLong, CR)
      if (end === -1 || end + 1 < this.#chunk.length) return end
      if (!this.#advance()) return -1
    }
  }

  /** Where the line at the position ends, joining chunks as needed; -1 if it is not complete. */
  #lineEnd(tooLong: string, mark: number = LF): number {
    for (;;) {
      const end = this.#chunk.indexOf(mark, this.#position)
      // Redis reads lines as C strings: it finds no end behind a zero byte.
      if (end !== -1 && this.#zero() > end) return end
      if (this.#chunk.length - this.#position > MAX_LINE_BYTES) throw new RespProtocolError(tooLong)
      if (!this.#advance()) return -1
    }
  }

  /**
   * The position of the first zero byte from the current position on. A chunk has many lines, and
   * is searched once.
   */
  #zero(): number {
    if (this.#zeroAt < this.#position) {
      const at = this.#chunk.indexOf(0, this.#position)
      this.#zeroAt = at === -1 ? this.#chunk.length : at
    }
    return this.#zeroAt
  }

  /** Makes more bytes readable at the position, keeping the rest of the current chunk. */
  #advance(): boolean {
    const next = this.#queue.shift()
    const rest = this.#chunk.length - this.#position
    if (next === undefined) {
      // An idle client keeps no chunk in memory.
      if (rest === 0) this.#use(EMPTY)
      return false
    }
    this.#use(rest === 0 ? next : Buffer.concat([this.#chunk.subarray(this.#position), next]))
    return true
  }

  #use(chunk: Buffer): void {
    this.#chunk = chunk
    this.#position = 0
    this.#text = undefined
    this.#zeroAt = -1
  }
}
