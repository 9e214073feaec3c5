import { AppendOnlyFileError } from '../../errors.ts'
import type { Registered } from '../catalog/registered.ts'
import { Stream } from '../data/stream.ts'
import type { Caller } from '../engine/caller.ts'
import type { Engine } from '../engine/engine.ts'
import { call } from '../engine/execute.ts'
import { ErrorReply } from '../resp/value.ts'
import { CommandParser, Malformed } from './command-parser.ts'
import type { OpenFile } from './file-system.ts'
import { loadPreamble } from './preamble.ts'

/**
 * Bytes that are read at a time. The commands in them are executed before other work gets its turn.
 */
const CHUNK_BYTES = 256 * 1024
/** The log reports the progress each time this many more bytes have been read. */
const REPORT_BYTES = 64 * 1024 * 1024

/** The result of loading a file. */
export interface Loaded {
  readonly commands: number
  /** The length of the whole commands and transactions at the beginning of the file. */
  readonly wholeBytes: number
}

interface Parsed {
  readonly command: Registered
  readonly argv: readonly string[]
  /** The position of the command in the file. */
  readonly at: number
}

/**
 * Executes the commands of an append-only file, after its preamble. A command that is cut off at
 * the end is ignored.
 * @throws AppendOnlyFileError - if the file is damaged before its end, or contains commands that
 * this server cannot execute
 */
export async function load(engine: Engine, file: OpenFile, path: string): Promise<Loaded> {
  const size = await file.size()
  const start = await loadPreamble(engine, file, path)
  const loader = new Loader(engine, path, start)
  let reported = 0
  for (let at = start; at < size; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - at))
    const count = await file.read(chunk, at)
    if (count === 0) break
    at += count
    loader.push(chunk.subarray(0, count))
    if (at - reported < REPORT_BYTES) continue
    reported = at
    engine.log('notice', `Loading ${path}: ${Math.floor((at / size) * 100)}%`)
  }
  return loader.end()
}

/**
 * Commands that are not writes but occur in such a file: PFCOUNT caches its result in the value.
 */
const REPEATED_TOO: ReadonlySet<string> = new Set(['select', 'pfcount'])

class Loader {
  readonly #engine: Engine
  readonly #path: string
  readonly #client: Caller
  readonly #parser: CommandParser
  /** The commands since MULTI, and the position of MULTI. */
  #transaction: Parsed[] | undefined
  #transactionAt = 0
  #commands = 0
  #refused = 0

  /** @param start - where the commands begin in the file */
  constructor(engine: Engine, path: string, start: number) {
    this.#engine = engine
    this.#parser = new CommandParser(start)
    this.#path = path
    this.#client = engine.connect()
  }

  /** Executes the commands that are complete. */
  push(chunk: Buffer): void {
    this.#parser.push(chunk)
    this.#execute()
  }

  #execute(): void {
    const engine = this.#engine
    const parser = this.#parser
    engine.loading = true
    engine.begin()
    // Nothing expires while the file is loaded: all changes to a key must be repeated before it
    // expires.
    engine.now = 0
    try {
      for (let at = parser.offset, argv = this.#next(); argv !== undefined; at = parser.offset, argv = this.#next()) {
        this.#take(argv, at)
      }
    } finally {
      engine.end()
      engine.loading = false
    }
  }

  end(): Loaded {
    this.#parser.finish()
    this.#execute()
    const { rest, offset } = this.#parser
    if (looksWhole(rest)) throw this.#failure(offset, 'a command claims to be longer than the file')
    if (this.#refused > 0) {
      this.#engine.log('warning', `${this.#refused} commands of ${this.#path} were refused when they were repeated`)
    }
    settle(this.#engine)
    return {
      commands: this.#commands,
      wholeBytes: this.#transaction === undefined ? offset : this.#transactionAt,
    }
  }

  #next(): readonly string[] | undefined {
    const { offset } = this.#parser
    try {
      return this.#parser.next()
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      throw this.#failure(offset, `damaged: ${error.message}`, { cause: error })
    }
  }

  #take(argv: readonly string[], at: number): void {
    const name = argv[0]!.toLowerCase()
    if (name === 'multi') {
      if (this.#transaction !== undefined) throw this.#failure(at, 'damaged: MULTI within MULTI')
      this.#transaction = []
      this.#transactionAt = at
    } else if (name === 'exec') {
      const commands = this.#transaction
      if (commands === undefined) throw this.#failure(at, 'damaged: EXEC without MULTI')
      this.#transaction = undefined
      for (const each of commands) this.#repeat(each)
    } else {
      const command = this.#find(argv, at)
      if (this.#transaction === undefined) this.#repeat({ command, argv, at })
      else this.#transaction.push({ command, argv, at })
    }
  }

  #find(argv: readonly string[], at: number): Registered {
    const command = this.#engine.commands.find(argv[0]!, argv[1])
    const isWrite = command !== undefined && (command.has('write') || REPEATED_TOO.has(command.fullName))
    if (!isWrite || !command.accepts(argv.length))
      throw this.#failure(at, `${JSON.stringify(argv[0]!.slice(0, 64))} is no write that this server knows`)
    return command
  }

  #repeat({ command, argv, at }: Parsed): void {
    const reply = call(this.#client, command, argv)
    this.#commands++
    if (!(reply instanceof ErrorReply)) return
    // All later commands would go into the wrong database.
    if (command.fullName === 'select') throw this.#failure(at, `damaged: ${reply.text}`)
    if (this.#refused++ === 0) {
      this.#engine.log('warning', `${command.fullName} from ${this.#path} was refused: ${reply.text}`)
    }
  }

  #failure(offset: number, problem: string, options?: ErrorOptions): AppendOnlyFileError {
    return new AppendOnlyFileError(this.#path, offset, problem, options)
  }
}

/** Loaded keys count as used now. */
function settle({ databases, clock }: Engine): void {
  const now = clock.now()
  for (const db of databases) {
    for (const entry of db.list()) {
      entry.usedAt = now
      if (!(entry.value instanceof Stream)) continue
      for (const group of entry.value.groups.values()) {
        for (const consumer of group.consumers.values()) consumer.seenAt = now
      }
    }
  }
}

/** How many positions within a cut-off command are checked. */
const MOST_CANDIDATES = 1000

/**
 * Whether the command that seems to be cut off contains whole commands up to the end of the file.
 * Then it was not cut off: the length of an argument is wrong, and all that follows would be lost.
 */
function looksWhole(rest: Buffer): boolean {
  let at = rest.indexOf('\r\n*')
  for (let i = 0; at !== -1 && i < MOST_CANDIDATES; i++) {
    const parser = new CommandParser()
    parser.push(rest.subarray(at + 2))
    try {
      let whole = 0
      while (parser.next() !== undefined) whole++
      if (whole > 0 && parser.isBetweenCommands) return true
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
    }
    // Starting at one of the commands just parsed would end in the same way, and there may be a
    // million of them.
    at = rest.indexOf('\r\n*', at + Math.max(2, parser.offset))
  }
  return false
}
