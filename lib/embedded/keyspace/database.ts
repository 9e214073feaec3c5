import type { Aggregate, Kind, Value } from '../data/value.ts'
import { asKind, asString, type ExpiringParts, type KeyEntry } from './entry.ts'
import { EntryTable } from './entry-table.ts'
import { EVENT } from './events.ts'
import { Expiries } from './expiries.ts'
import { WatchedKeys } from './watched-keys.ts'

/** What the databases need from the server. */
export interface KeyspaceHost {
  /** Ms since 1970. Frozen during a command, a transaction and a script, as in Redis. */
  readonly now: number
  /** Whether reading a key does not count as using it (CLIENT NO-TOUCH). */
  readonly noTouch: boolean
  readonly stats: { hits: number; misses: number; expired: number }
  /**
   * The number of changes so far. A command that raises it is a write, and goes to the append-only
   * file.
   */
  dirty: number
  /** Publishes a keyspace event if its class is enabled. */
  notify(db: Database, eventClass: number, event: string, key: string): void
  /** Called when a key was removed because it expired. */
  keyExpired(db: Database, key: string): void
  /** Called when parts of a value were removed because they expired. */
  partsExpired(db: Database, key: string, parts: readonly string[]): void
  /** Called when a key changes that clients wait for. */
  keyReady(db: Database, key: string): void
  /** Called when the earliest expiry of this database has changed. */
  expiryChanged(db: Database): void
}

/** Saves keys as they are at one moment. It is called with each key before the key changes. */
export interface Preserver {
  /** A unique number greater than 0. */
  readonly generation: number
  preserve(db: Database, entry: KeyEntry): void
  /** Called when all keys of two databases were exchanged. */
  swapped(a: Database, b: Database): void
}

/**
 * One of the numbered databases: keys with their values and expiries, and the clients that watch or
 * wait for them.
 */
export class Database {
  readonly index: number
  readonly watched: WatchedKeys = new WatchedKeys()
  /** The keys that clients wait for; the database does not know the clients or their order. */
  readonly awaited: Set<string> = new Set()
  /** Called with each key before it changes. */
  preserver: Preserver | undefined
  readonly #host: KeyspaceHost
  #expiries = new Expiries()
  #entries = new EntryTable()

  constructor(index: number, host: KeyspaceHost) {
    this.index = index
    this.#host = host
  }

  get size(): number {
    return this.#entries.size
  }

  /** How many keys have an expiry. */
  get expiring(): number {
    return this.#expiries.size
  }

  /** The earliest expiry of a key or of a part of a value; `Infinity` if nothing expires. */
  get nextExpiry(): number {
    return this.#expiries.next
  }

  /** The entry of a key, for reading. Counts as a use, and as a hit or a miss. */
  find(key: string): KeyEntry | undefined {
    const entry = this.glance(key)
    if (entry !== undefined && !this.#host.noTouch) entry.usedAt = this.#host.now
    return entry
  }

  /** The entry of a key, for information about it. Counts as a hit or a miss, but not as a use. */
  glance(key: string): KeyEntry | undefined {
    const entry = this.peek(key)
    const host = this.#host
    if (entry === undefined) {
      host.stats.misses++
      host.notify(this, EVENT.keyMiss, 'keymiss', key)
    } else host.stats.hits++
    return entry
  }

  /** The entry of a key, without counting anything. Removes the key if it has expired. */
  peek(key: string): KeyEntry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || (entry.expiresAt === -1 && entry.expiringParts === undefined)) return entry
    if (entry.expiresAt !== -1 && entry.expiresAt < this.#host.now) {
      this.expire(entry)
      return undefined
    }
    const { expiringParts } = entry
    return expiringParts === undefined || expiringParts.expiresAt >= this.#host.now
      ? entry
      : this.#expireParts(expiringParts, this.#host.now)
  }

  /** The entry of a key, for writing. Counts as a use. */
  take(key: string): KeyEntry | undefined {
    const entry = this.peek(key)
    if (entry === undefined) return undefined
    if (!this.#host.noTouch) entry.usedAt = this.#host.now
    this.preserver?.preserve(this, entry)
    return entry
  }

  /** Saves a key that is about to change without {@link take}. */
  preserve(key: string): void {
    if (this.preserver === undefined) return
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.preserver.preserve(this, entry)
  }

  /** All entries in no particular order, as a copy. */
  list(): readonly KeyEntry[] {
    return this.#entries.list()
  }

  /** Whether the key has expired but is still stored. */
  hasExpired(key: string): boolean {
    const entry = this.#entries.get(key)
    return entry !== undefined && entry.expiresAt !== -1 && entry.expiresAt < this.#host.now
  }

  has(key: string): boolean {
    return this.peek(key) !== undefined
  }

  /** @throws WRONGTYPE if the value is not a string. */
  getString(key: string): string | undefined {
    return asString(this.find(key))
  }

  /** @throws WRONGTYPE if the value is not a string. */
  takeString(key: string): string | undefined {
    return asString(this.take(key))
  }

  /**
   * The value of a key as the given class, for reading.
   * @throws WRONGTYPE if it is of another class.
   */
  get<T extends Aggregate>(key: string, kind: Kind<T>): T | undefined {
    return asKind(this.find(key), kind)
  }

  /**
   * The value of a key as the given class, for writing.
   * @throws WRONGTYPE if it is of another class.
   */
  takeAs<T extends Aggregate>(key: string, kind: Kind<T>): T | undefined {
    return asKind(this.take(key), kind)
  }

  /** Sets or replaces the value of a key, and removes its expiry unless `keepExpiry` is set. */
  set(key: string, value: Value, keepExpiry = false): KeyEntry {
    const entry = this.peek(key)
    if (entry === undefined) return this.add(key, value)
    this.preserver?.preserve(this, entry)
    entry.value = value
    this.partsChanged(entry)
    entry.raw = false
    entry.text = false
    entry.usedAt = this.#host.now
    if (!keepExpiry && entry.expiresAt !== -1) this.persist(entry)
    return entry
  }

  /** Adds a key that does not exist. */
  add(key: string, value: Value): KeyEntry {
    const entry = this.#entries.add(key, value, this.#host.now)
    if (this.preserver !== undefined) entry.savedIn = this.preserver.generation
    if (typeof value !== 'string' && value.perishable !== undefined) this.partsChanged(entry)
    this.#host.notify(this, EVENT.newKey, 'new', key)
    return entry
  }

  /** Removes a key. The caller reports the change. */
  remove(entry: KeyEntry): void {
    this.preserver?.preserve(this, entry)
    this.#entries.delete(entry)
    if (entry.expiresAt !== -1) this.persist(entry)
    if (entry.expiringParts !== undefined) this.#expiries.forgetParts(entry)
  }

  /** Removes a key as DEL does; false if it does not exist. */
  delete(key: string): boolean {
    const entry = this.peek(key)
    if (entry === undefined) return false
    this.remove(entry)
    this.changed(key, EVENT.generic, 'del')
    return true
  }

  /** Removes an expired key. */
  expire(entry: KeyEntry): void {
    this.remove(entry)
    this.#host.stats.expired++
    this.#host.notify(this, EVENT.expired, 'expired', entry.key)
    this.touch(entry.key)
    this.#host.keyExpired(this, entry.key)
  }

  /**
   * Removes the key, or the parts of a value, with the earliest expiry.
   * @returns false if nothing has expired at that time
   */
  expireFirst(now: number): boolean {
    const { firstKey: first, firstParts: parts } = this.#expiries
    if (first !== undefined && first.expiresAt < now) this.expire(first)
    else if (parts !== undefined && parts.expiresAt < now) this.#expireParts(parts, now)
    else return false
    return true
  }

  /** Removes the expired parts of a value; returns the entry unless it was removed with them. */
  #expireParts({ entry, parts }: ExpiringParts, now: number): KeyEntry | undefined {
    this.preserver?.preserve(this, entry)
    const expired = parts.removeExpired(now)
    if (expired.length === 0) {
      this.partsChanged(entry)
      return entry
    }
    this.touch(entry.key)
    this.#host.partsExpired(this, entry.key, expired)
    if (!parts.isEmpty) {
      this.partsChanged(entry)
      return entry
    }
    this.remove(entry)
    this.#host.notify(this, EVENT.generic, 'del', entry.key)
    return undefined
  }

  /** Updates when parts of a value expire. The call is optional if that has only become later. */
  partsChanged(entry: KeyEntry): void {
    if (this.#expiries.readParts(entry)) this.#host.expiryChanged(this)
  }

  /** Sets the expiry of a key, in ms since 1970. */
  expireAt(entry: KeyEntry, at: number): void {
    if (this.#expiries.set(entry, at)) this.#host.expiryChanged(this)
  }

  /** Removes the expiry of a key. */
  persist(entry: KeyEntry): void {
    this.#expiries.persist(entry)
  }

  /**
   * Reports that a command has changed a key: to the clients that watch it or wait for it, to
   * subscribers of events, and to the append-only file.
   * @param changes - how many changes to count
   */
  changed(key: string, eventClass: number, event: string, changes = 1): void {
    this.touch(key)
    this.#host.dirty += changes
    this.#host.notify(this, eventClass, event, key)
  }

  /** Publishes a further event of a change. */
  notify(eventClass: number, event: string, key: string): void {
    this.#host.notify(this, eventClass, event, key)
  }

  /** Reports a change to the clients that watch or wait for the key. */
  touch(key: string): void {
    if (this.watched.size !== 0) this.watched.changed(key, this.#holds)
    if (this.awaited.size !== 0 && this.awaited.has(key)) this.#host.keyReady(this, key)
  }

  /** Removes every key. */
  clear(): void {
    this.watched.cleared(this.#holds)
    this.#expiries.clear()
    this.#entries.clear()
    for (const key of this.awaited) this.#host.keyReady(this, key)
  }

  /**
   * Replaces every value by the result of `read`, as if all had been written to disk and read
   * again. Expired keys are removed.
   */
  reload(read: (value: Value) => Value): void {
    this.watched.cleared(this.#holds)
    for (const entry of this.list()) {
      if (entry.expiresAt !== -1 && entry.expiresAt < this.#host.now) this.remove(entry)
      else {
        this.preserver?.preserve(this, entry)
        entry.value = read(entry.value)
        entry.raw = false
        entry.text = false
        entry.usedAt = this.#host.now
        this.partsChanged(entry)
      }
    }
  }

  /**
   * Exchanges all keys with another database. Watching and waiting clients stay with the number.
   */
  swap(other: Database): void {
    for (const [db, next] of [
      [this, other],
      [other, this],
    ] as const) {
      db.watched.replaced(db.#holds, (key) =>
        !next.#holds(key) ? 'nothing' : next.hasExpired(key) ? 'stale' : 'alive',
      )
    }
    ;[this.#entries, other.#entries] = [other.#entries, this.#entries]
    ;[this.#expiries, other.#expiries] = [other.#expiries, this.#expiries]
    this.preserver?.swapped(this, other)
    for (const db of [this, other]) {
      for (const key of db.awaited) this.#host.keyReady(db, key)
      this.#host.expiryChanged(db)
    }
  }

  /** A random key, each with the same probability. */
  random(): KeyEntry | undefined {
    for (;;) {
      const entry = this.#entries.atRandom()
      if (entry === undefined || this.peek(entry.key) !== undefined) return entry
    }
  }

  /** All entries that have not expired. */
  *entries(): Generator<KeyEntry> {
    const { now } = this.#host
    for (const entry of this.#entries) if (entry.expiresAt === -1 || entry.expiresAt >= now) yield entry
  }

  /**
   * Visits about `count` entries, starting at a cursor; 0 begins.
   * @returns the next cursor; 0 when all entries were visited
   */
  scan(cursor: number, count: number, visit: (entry: KeyEntry) => void): number {
    const { entries, next } = this.#entries.batch(cursor, count)
    for (const { key } of entries) {
      const entry = this.peek(key)
      if (entry !== undefined) visit(entry)
    }
    return next
  }

  /** Whether the key is stored, even if it has expired. */
  readonly #holds = (key: string): boolean => this.#entries.has(key)
}
