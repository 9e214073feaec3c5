import type { Registered } from './commands/registry.ts'
import type { Database, Watcher } from './keyspace.ts'

/** A command that waits for EXEC. */
export interface QueuedCommand {
  readonly command: Registered
  readonly argv: readonly string[]
}

interface WatchedKey {
  readonly db: Database
  readonly key: string
  /** Whether it had expired already when the watch began: then its removal is no change. */
  readonly gone: boolean
}

/** A client's MULTI and WATCH. */
export class Transaction implements Watcher {
  /** Between MULTI and EXEC. */
  open = false
  /** A command was refused while queueing, so EXEC will refuse. */
  failed = false
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
    this.#watched.push({ db, key, gone: db.hasExpired(key) })
    const watchers = db.watched.get(key)
    if (watchers === undefined) db.watched.set(key, new Set([this]))
    else watchers.add(this)
  }

  unwatch(): void {
    for (const { db, key } of this.#watched) {
      const watchers = db.watched.get(key)
      watchers?.delete(this)
      if (watchers?.size === 0) db.watched.delete(key)
    }
    this.#watched.length = 0
    this.touched = false
  }

  /** Whether a watched key has changed or expired, so that EXEC must not run. */
  get conflicts(): boolean {
    return this.touched || this.#watched.some(({ db, key, gone }) => !gone && db.hasExpired(key))
  }

  /** Ends it without running anything, and watches nothing any more. */
  discard(): void {
    this.open = false
    this.failed = false
    this.#queue = []
    this.unwatch()
  }
}
