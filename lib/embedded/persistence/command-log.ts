import type { Write } from '../engine/propagation.ts'
import { Output, writeReply } from '../resp/encode.ts'

/** Writes as the text of an append-only file: commands as clients send them, for one database until the next SELECT. */
export class CommandLog {
  readonly #output = new Output()
  /** The database that the last command was for; `undefined` makes the next one name its own. */
  #db: number | undefined

  /** Bytes that wait here. */
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

  /** Adds writes that belong together: of several a reader of the file sees all or none. */
  addUnit(writes: readonly Write[]): void {
    const together = writes.length > 1
    if (together) this.#append(['MULTI'])
    for (const { db, argv } of writes) this.add(db, argv)
    if (together) this.#append(['EXEC'])
  }

  /** Takes everything out, in pieces. */
  take(): readonly string[] {
    return this.#output.take()
  }

  /** Lets the next command name its database, whatever comes before it. */
  forgetDatabase(): void {
    this.#db = undefined
  }

  #append(argv: readonly string[]): void {
    // A command has the form of an array of bulk strings.
    writeReply(this.#output, argv, 2)
  }
}
