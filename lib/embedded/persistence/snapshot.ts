import type { Database, Preserver } from '../keyspace/database.ts'
import type { KeyEntry } from '../keyspace/entry.ts'
import { CommandLog } from './command-log.ts'
import { dump } from './dump.ts'

let generations = 0

/** A key whose commands are being written. */
interface Begun {
  readonly db: number
  readonly entry: KeyEntry
  readonly commands: Iterator<readonly string[], void>
}

/**
 * All data as of one moment, written as commands little by little while the data changes: a key
 * that is about to change is written first, unless it was written already. So the snapshot contains
 * exactly the data of that moment, and needs memory only for keys that change before their turn.
 */
export class Snapshot implements Preserver {
  readonly generation: number = ++generations
  readonly log: CommandLog = new CommandLog()
  readonly #databases: readonly Database[]
  /**
   * The original database of the keys that are now in the database of each index; SWAPDB exchanges
   * them.
   */
  readonly #origins: number[]
  readonly #entries: Generator<readonly [db: number, entry: KeyEntry], void>
  #begun: Begun | undefined

  /** Starts now; must not be called within a command. */
  constructor(databases: readonly Database[]) {
    this.#databases = databases
    this.#origins = databases.map(({ index }) => index)
    this.#entries = walk(databases.map((db) => db.list()))
    for (const db of databases) db.preserver = this
  }

  /** Stops watching the keys. */
  end(): void {
    for (const db of this.#databases) if (db.preserver === this) db.preserver = undefined
  }

  /**
   * Continues until about `bytes` wait in the log.
   * @returns false when everything is written
   */
  advance(bytes: number): boolean {
    while (this.log.length < bytes) {
      if (this.#begun === undefined && !this.#beginNext()) return false
      this.#step(this.#begun!)
    }
    return true
  }

  preserve(db: Database, entry: KeyEntry): void {
    if (entry.savedIn === this.generation) return
    const begun = this.#begun?.entry === entry ? this.#begun : this.#begin(this.#origins[db.index]!, entry)
    while (this.#step(begun)) {}
  }

  swapped(a: Database, b: Database): void {
    const origins = this.#origins
    ;[origins[a.index], origins[b.index]] = [origins[b.index]!, origins[a.index]!]
  }

  #beginNext(): boolean {
    for (;;) {
      const next = this.#entries.next()
      if (next.done === true) return false
      const [db, entry] = next.value
      if (entry.savedIn === this.generation) continue
      this.#begun = this.#begin(db, entry)
      return true
    }
  }

  #begin(db: number, entry: KeyEntry): Begun {
    return { db, entry, commands: dump(entry) }
  }

  /** Writes one command; false if there are none left. */
  #step(begun: Begun): boolean {
    const { done, value } = begun.commands.next()
    if (done !== true) {
      this.log.add(begun.db, value)
      return true
    }
    begun.entry.savedIn = this.generation
    if (begun === this.#begun) this.#begun = undefined
    return false
  }
}

function* walk(lists: readonly (readonly KeyEntry[])[]): Generator<readonly [db: number, entry: KeyEntry], void> {
  for (const [db, entries] of lists.entries()) for (const entry of entries) yield [db, entry]
}
