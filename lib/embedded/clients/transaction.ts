import type { Registered } from '../catalog/registered.ts'
import type { Database } from '../keyspace/database.ts'
import type { Watch } from '../keyspace/watched-keys.ts'

/** A command that waits for EXEC. */
export interface QueuedCommand {
  readonly command: Registered
  readonly argv: readonly string[]
}

/** The memory overhead of an argument. */
const ARGUMENT_BYTES = 24

/** One key that the client watches. */
class WatchedKey implements Watch {
  stale: boolean
  readonly #transaction: Transaction

  constructor(transaction: Transaction, stale: boolean) {
    this.#transaction = transaction
    this.stale = stale
  }

  touch(): void {
    this.#transaction.touched = true
  }
}

/** A client's MULTI and WATCH. */
export class Transaction {
  /** Between MULTI and EXEC. */
  open = false
  /** A command was refused while queueing, so EXEC will refuse. */
  failed = false
  /** A watched key has changed. */
  touched = false
  #queue: QueuedCommand[] = []
  readonly #watched = new Map<Database, Map<string, WatchedKey>>()
  #queuedBytes = 0

  get queue(): readonly QueuedCommand[] {
    return this.#queue
  }

  add(command: QueuedCommand): void {
    this.#queue.push(command)
    for (const argument of command.argv) this.#queuedBytes += argument.length + ARGUMENT_BYTES
  }

  /** The memory of the commands that wait for EXEC. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  watch(db: Database, key: string): void {
    let keys = this.#watched.get(db)
    if (keys === undefined) {
      keys = new Map()
      this.#watched.set(db, keys)
    }
    if (keys.has(key)) return
    const watch = new WatchedKey(this, db.hasExpired(key))
    keys.set(key, watch)
    db.watched.add(key, watch)
  }

  unwatch(): void {
    for (const [db, keys] of this.#watched) for (const [key, watch] of keys) db.watched.delete(key, watch)
    this.#watched.clear()
    this.touched = false
  }

  /** Whether a watched key has changed or expired, so that EXEC must not run. */
  get conflicts(): boolean {
    if (this.touched) return true
    for (const [db, keys] of this.#watched) {
      for (const [key, { stale }] of keys) if (!stale && db.hasExpired(key)) return true
    }
    return false
  }

  /** Ends it without running anything, and removes all watches. */
  discard(): void {
    this.open = false
    this.failed = false
    this.#queue = []
    this.#queuedBytes = 0
    this.unwatch()
  }
}
