/** The bytes at a position cannot be part of an append-only file. */
export class Malformed extends Error {
  override readonly name = 'Malformed'
}

const CR = 13
const LF = 10
const HASH = 35
const DOLLAR = 36
const STAR = 42
const ZERO = 48
/** Redis's own limit for an argument; a header with a larger length is damaged. */
const LARGEST_BULK = 2 ** 53
const EMPTY = Buffer.alloc(0)

/**
 * Reads the commands of an append-only file, chunk by chunk, and records where each begins. It is
 * stricter than the decoder of requests: a file contains only whole commands, and annotations of
 * Redis, which are lines that begin with `#`.
 */
export class CommandParser {
  #buffer: Buffer = EMPTY
  #position = 0
  #chunks: Buffer[] = []
  #chunkBytes = 0
  /** The minimum length of the current command, in bytes from the position on. */
  #needed = 1
  #offset: number

  /** @param offset - where the first chunk begins in the file */
  constructor(offset = 0) {
    this.#offset = offset
  }

  /** Where the next command begins in the file. */
  get offset(): number {
    return this.#offset
  }

  /** Whether everything pushed so far was whole commands. */
  get isBetweenCommands(): boolean {
    return this.#position === this.#buffer.length && this.#chunkBytes === 0
  }

  /** The bytes of the incomplete command at the end. */
  get rest(): Buffer {
    this.#join()
    return this.#buffer.subarray(this.#position)
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
  }

  /** Declares the input complete: {@link next} need not wait for more. */
  finish(): void {
    this.#needed = 1
  }

  /**
   * The next whole command; `undefined` until more is pushed.
   * @throws Malformed - if there is no command at {@link offset}
   */
  next(): string[] | undefined {
    for (;;) {
      if (this.#buffer.length - this.#position + this.#chunkBytes < this.#needed) return undefined
      this.#join()
      const start = this.#position
      const argv = this.#buffer[start] === HASH ? this.#comment() : this.#command()
      if (argv === undefined) {
        this.#position = start
        // Half as much again: a command with very many arguments must not be parsed from its
        // beginning for each chunk.
        this.#needed = Math.max(this.#needed, Math.ceil((this.#buffer.length - start) * 1.5))
        return undefined
      }
      this.#offset += this.#position - start
      this.#needed = 1
      if (argv.length > 0) return argv
    }
  }

  #comment(): [] | undefined {
    const end = this.#buffer.indexOf(LF, this.#position)
    if (end === -1) return undefined
    this.#position = end + 1
    return []
  }

  #command(): string[] | undefined {
    const start = this.#position
    const count = this.#header(STAR, 'a command')
    if (count === undefined) return undefined
    if (count === 0) throw new Malformed('a command without a name')
    const argv: string[] = []
    while (argv.length < count) {
      const length = this.#header(DOLLAR, 'an argument')
      if (length === undefined) return undefined
      const end = this.#position + length
      if (end + 2 > this.#buffer.length) {
        this.#needed = end + 2 - start
        this.#checkLineEnd(end, true)
        return undefined
      }
      this.#checkLineEnd(end, false)
      argv.push(this.#buffer.toString('latin1', this.#position, end))
      this.#position = end + 2
    }
    return argv
  }

  /** Reads `*3` or `$5` with the end of its line. */
  #header(mark: number, what: string): number | undefined {
    const buffer = this.#buffer
    let at = this.#position
    if (at >= buffer.length) return undefined
    if (buffer[at] !== mark) throw new Malformed(`no ${String.fromCharCode(mark)} that begins ${what}`)
    let value = 0
    let digits = 0
    for (at++; at < buffer.length && buffer[at] !== CR; at++, digits++) {
      const digit = buffer[at]! - ZERO
      if (!(digit >= 0 && digit <= 9) || value > LARGEST_BULK) throw new Malformed(`no number that begins ${what}`)
      value = value * 10 + digit
    }
    if (at < buffer.length && digits === 0) throw new Malformed(`no number that begins ${what}`)
    this.#checkLineEnd(at, true)
    if (at + 2 > buffer.length) return undefined
    this.#position = at + 2
    return value
  }

  #checkLineEnd(at: number, mayBeCut: boolean): void {
    const [first, second] = [this.#buffer[at], this.#buffer[at + 1]]
    const wrong = (byte: number | undefined, wanted: number): boolean =>
      byte === undefined ? !mayBeCut : byte !== wanted
    if (wrong(first, CR) || wrong(second, LF)) throw new Malformed('no end of a line')
  }

  /**
   * Joins the chunks. Called only when the current command may be complete, so that a large one is
   * not copied again and again.
   */
  #join(): void {
    if (this.#chunkBytes === 0) return
    const rest = this.#buffer.subarray(this.#position)
    this.#buffer =
      rest.length === 0 && this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat([rest, ...this.#chunks])
    this.#position = 0
    this.#chunks = []
    this.#chunkBytes = 0
  }
}
