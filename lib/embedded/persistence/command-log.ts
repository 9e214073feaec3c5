import type { Write } from '../engine/propagation.ts'
import { Output, writeReply } from '../resp/encode.ts'

/**
 * Writes in the format of an append-only file: commands as clients send them. Each is for the
 * database of the last SELECT.
 */
export class CommandLog {
  readonly #output = new Output()
  /** The database of the last command; `undefined` makes the next one start with a SELECT. */
  #db: number | undefined

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#output.length
  }

  /** Adds a command. */
  add(db: number, argv: readonly string[]): void {
    if (this.#db !== db) {
      this.#db = db
      this.#append(['SELECT', String(db)])
    }
    this.#append(argv)
  }

  /** Adds writes that belong together: a reader of the file applies all of them or none. */
  addUnit(writes: readonly Write[]): void {
    const together = writes.length > 1
    if (together) this.#append(['MULTI'])
    for (const { db, argv } of writes) this.add(db, argv)
    if (together) this.#append(['EXEC'])
  }

  /** Removes and returns everything, in pieces. */
  take(): readonly string[] {
    return this.#output.take()
  }

  /** Makes the next command start with a SELECT in any case. */
  forgetDatabase(): void {
    this.#db = undefined
  }

  #append(argv: readonly string[]): void {
    // A command is encoded as an array of bulk strings.
    writeReply(this.#output, argv, 2)
  }
}
