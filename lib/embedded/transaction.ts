import type { Registered } from './commands/registry.ts'
import type { Database } from './keyspace.ts'
import type { Watch } from './watched-keys.ts'

/** A command that waits for EXEC. */
export interface QueuedCommand {
  readonly command: Registered
  readonly argv: readonly string[]
}

/** One key that the client watches. */
class WatchedKey implements Watch {
  readonly db: Database
  readonly key: string
  stale: boolean
  readonly #transaction: Transaction

  constructor(transaction: Transaction, db: Database, key: string) {
    this.#transaction = transaction
    this.db = db
    this.key = key
    this.stale = db.hasExpired(key)
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
  readonly #watched: WatchedKey[] = []

  get queue(): readonly QueuedCommand[] {
    return this.#queue
  }

  add(command: QueuedCommand): void {
    this.#queue.push(command)
  }

  watch(db: Database, key: string): void {
    if (this.#watched.some((watched) => watched.db === db && watched.key === key)) return
    const watch = new WatchedKey(this, db, key)
    this.#watched.push(watch)
    db.watched.add(key, watch)
  }

  unwatch(): void {
    for (const watch of this.#watched) watch.db.watched.delete(watch.key, watch)
    this.#watched.length = 0
    this.touched = false
  }

  /** Whether a watched key has changed or expired, so that EXEC must not run. */
  get conflicts(): boolean {
    return this.touched || this.#watched.some(({ db, key, stale }) => !stale && db.hasExpired(key))
  }

  /** Ends it without running anything, and watches nothing any more. */
  discard(): void {
    this.open = false
    this.failed = false
    this.#queue = []
    this.unwatch()
  }
}
