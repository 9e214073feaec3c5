import { type Expiring, ExpiryHeap } from './data/expiry-heap.ts'
import { WRONG_TYPE } from './errors.ts'
import { EVENT } from './events.ts'
import { ExpiringParts, type Perishable } from './perishable.ts'
import type { Waiter } from './waiters.ts'

/** A value that is not a string. The class is its type: {@link Database.get} asks for it by class. */
export interface Aggregate {
  /** What TYPE reports. */
  readonly type: string
  /** What OBJECT ENCODING reports. */
  readonly encoding: string
  /** What of it expires by itself, if anything does. */
  readonly perishable?: Perishable | undefined
  /** A copy that shares nothing. */
  clone(): Aggregate
}

export type Value = string | Aggregate
/** The class of a value. */
export type Kind<T extends Aggregate> = abstract new (...args: never[]) => T

/** A key with its value. */
export class Entry implements Expiring {
  readonly key: string
  value: Value
  /** When the key is gone, in ms since 1970; -1 for never. */
  expiresAt = -1
  heapIndex = -1
  /** Set while parts of the value expire by themselves. */
  expiringParts: ExpiringParts | undefined
  /** Its place in the database's list of entries. */
  index: number
  /** The last {@link Preserver} that has saved it, or that found it too new to save. */
  savedIn = 0
  /** When it was last used, in ms since 1970. */
  usedAt: number
  /** A string that was changed in place: Redis keeps such a one in its raw encoding. */
  raw = false
  /** A string that was computed as text: Redis does not keep it as an integer, even if it reads as one. */
  text = false

  constructor(key: string, value: Value, index: number, usedAt: number) {
    this.key = key
    this.value = value
    this.index = index
    this.usedAt = usedAt
  }
}

/** What the databases need of the server around them. */
export interface KeyspaceHost {
  /** Ms since 1970. It stands still within a command, a transaction and a script, as Redis's does. */
  readonly now: number
  /** Whether reading a key leaves its last use alone (CLIENT NO-TOUCH). */
  readonly noTouch: boolean
  readonly stats: { hits: number; misses: number; expired: number }
  /** Changes so far. A command that raises it has written, and goes to the append-only file. */
  dirty: number
  /** Publishes a keyspace event, if its class is wanted. */
  notify(db: Database, eventClass: number, event: string, key: string): void
  /** A key was removed because its time had come. */
  keyExpired(db: Database, key: string): void
  /** Parts of a value were removed because their time had come. */
  partsExpired(db: Database, key: string, parts: readonly string[]): void
  /** Clients wait for this key, and it has changed. */
  keyReady(db: Database, key: string): void
  /** The earliest expiry of this database has changed. */
  expiryChanged(db: Database): void
}

/** Somebody who watches keys (WATCH). */
export interface Watcher {
  /** One of its keys has changed. */
  touched: boolean
}

/** Saves keys as they are at one moment. It is told of each before it changes. */
export interface Preserver {
  /** A number that no other has; greater than 0. */
  readonly generation: number
  preserve(db: Database, entry: Entry): void
  /** All keys of two databases have been exchanged. */
  swapped(a: Database, b: Database): void
}

/** One of the numbered databases: keys, their values and expiries, and who watches or waits for them. */
export class Database {
  readonly index: number
  readonly watched: Map<string, Set<Watcher>> = new Map()
  readonly waiting: Map<string, Set<Waiter>> = new Map()
  /** Whoever is to be told of a key before it changes. */
  preserver: Preserver | undefined
  readonly #host: KeyspaceHost
  #expiries: ExpiryHeap<Entry> = new ExpiryHeap()
  #expiringParts: ExpiryHeap<ExpiringParts> = new ExpiryHeap()
  #entries = new Map<string, Entry>()
  /**
   * The same entries in an array without gaps, for RANDOMKEY and SCAN. The last one moves into a gap, so an entry
   * only ever moves down; a scan from the top down meets every entry that stays, whatever is removed meanwhile.
   */
  #list: Entry[] = []

  constructor(index: number, host: KeyspaceHost) {
    this.index = index
    this.#host = host
  }

  get size(): number {
    return this.#list.length
  }

  /** How many keys have an expiry. */
  get expiring(): number {
    return this.#expiries.size
  }

  /** When the first key, or part of a value, expires; `Infinity` if nothing does. */
  get nextExpiry(): number {
    return Math.min(this.#expiries.first?.expiresAt ?? Infinity, this.#expiringParts.first?.expiresAt ?? Infinity)
  }

  /** The entry of a key, for reading: it counts as used, and as a hit or a miss. */
  find(key: string): Entry | undefined {
    const entry = this.glance(key)
    if (entry !== undefined && !this.#host.noTouch) entry.usedAt = this.#host.now
    return entry
  }

  /** The entry of a key, for asking about it: it counts as a hit or a miss, but not as used. */
  glance(key: string): Entry | undefined {
    const entry = this.peek(key)
    const host = this.#host
    if (entry === undefined) {
      host.stats.misses++
      host.notify(this, EVENT.keyMiss, 'keymiss', key)
    } else host.stats.hits++
    return entry
  }

  /** The entry of a key, without trace; one whose time has come is removed. */
  peek(key: string): Entry | undefined {
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

  /** The entry of a key, for writing: it counts as used. */
  take(key: string): Entry | undefined {
    const entry = this.peek(key)
    if (entry === undefined) return undefined
    if (!this.#host.noTouch) entry.usedAt = this.#host.now
    this.preserver?.preserve(this, entry)
    return entry
  }

  /** Saves a key that is about to change otherwise than through {@link take}. */
  preserve(key: string): void {
    if (this.preserver === undefined) return
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.preserver.preserve(this, entry)
  }

  /** Every entry, in no order; a list of its own. */
  list(): readonly Entry[] {
    return this.#list.slice()
  }

  /** Whether the key's time has come and nobody has removed it yet. */
  hasExpired(key: string): boolean {
    const entry = this.#entries.get(key)
    return entry !== undefined && entry.expiresAt !== -1 && entry.expiresAt < this.#host.now
  }

  has(key: string): boolean {
    return this.peek(key) !== undefined
  }

  /** @throws WRONGTYPE if the value is no string. */
  getString(key: string): string | undefined {
    return asString(this.find(key))
  }

  /** @throws WRONGTYPE if the value is no string. */
  takeString(key: string): string | undefined {
    return asString(this.take(key))
  }

  /**
   * The value of a key as the given class, for reading.
   * @throws WRONGTYPE if it is of another.
   */
  get<T extends Aggregate>(key: string, kind: Kind<T>): T | undefined {
    return asKind(this.find(key), kind)
  }

  /**
   * The value of a key as the given class, for writing.
   * @throws WRONGTYPE if it is of another.
   */
  takeAs<T extends Aggregate>(key: string, kind: Kind<T>): T | undefined {
    return asKind(this.take(key), kind)
  }

  /** Gives a key a value, whatever it had; its expiry goes unless it is to be kept. */
  set(key: string, value: Value, keepExpiry = false): Entry {
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

  /** Adds a key that is not there. */
  add(key: string, value: Value): Entry {
    const entry = new Entry(key, value, this.#list.length, this.#host.now)
    if (this.preserver !== undefined) entry.savedIn = this.preserver.generation
    this.#entries.set(key, entry)
    this.#list.push(entry)
    if (typeof value !== 'string' && value.perishable !== undefined) this.partsChanged(entry)
    this.#host.notify(this, EVENT.newKey, 'new', key)
    return entry
  }

  /** Takes a key out. The caller tells of the change. */
  remove(entry: Entry): void {
    this.preserver?.preserve(this, entry)
    this.#entries.delete(entry.key)
    const last = this.#list.pop() as Entry
    if (last !== entry) {
      this.#list[entry.index] = last
      last.index = entry.index
    }
    if (entry.expiresAt !== -1) this.persist(entry)
    if (entry.expiringParts !== undefined) this.#forgetParts(entry)
  }

  /** Removes a key as DEL does; false if there was none. */
  delete(key: string): boolean {
    const entry = this.peek(key)
    if (entry === undefined) return false
    this.remove(entry)
    this.changed(key, EVENT.generic, 'del')
    return true
  }

  /** Removes a key whose time has come. */
  expire(entry: Entry): void {
    this.remove(entry)
    this.#host.stats.expired++
    this.#host.notify(this, EVENT.expired, 'expired', entry.key)
    this.touch(entry.key)
    this.#host.keyExpired(this, entry.key)
  }

  /**
   * Removes the key, or the parts of a value, that were to go first.
   * @returns false if nothing is due at that time
   */
  expireFirst(now: number): boolean {
    const first = this.#expiries.first
    const parts = this.#expiringParts.first
    if (first !== undefined && first.expiresAt < now) this.expire(first)
    else if (parts !== undefined && parts.expiresAt < now) this.#expireParts(parts, now)
    else return false
    return true
  }

  /** Removes the parts of a value whose time has come; gives the entry unless it went with them. */
  #expireParts({ entry, parts }: ExpiringParts, now: number): Entry | undefined {
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

  /** Takes note of when parts of a value expire. Nobody need call it when that has only become later. */
  partsChanged(entry: Entry): void {
    const parts = typeof entry.value === 'string' ? undefined : entry.value.perishable
    if (parts === undefined || parts.firstExpiry === Infinity) {
      if (entry.expiringParts !== undefined) this.#forgetParts(entry)
      return
    }
    if (entry.expiringParts?.parts !== parts) {
      this.#forgetParts(entry)
      entry.expiringParts = new ExpiringParts(entry, parts)
    }
    const { expiringParts } = entry as { expiringParts: ExpiringParts }
    expiringParts.expiresAt = parts.firstExpiry
    this.#expiringParts.update(expiringParts)
    this.#host.expiryChanged(this)
  }

  #forgetParts(entry: Entry): void {
    if (entry.expiringParts !== undefined) this.#expiringParts.remove(entry.expiringParts)
    entry.expiringParts = undefined
  }

  /** Sets when a key is gone, in ms since 1970. */
  expireAt(entry: Entry, at: number): void {
    entry.expiresAt = at
    const before = this.#expiries.first
    this.#expiries.update(entry)
    if (before !== this.#expiries.first || entry === before) this.#host.expiryChanged(this)
  }

  /** Takes the expiry off a key. */
  persist(entry: Entry): void {
    this.#expiries.remove(entry)
    entry.expiresAt = -1
  }

  /**
   * Tells everybody whom it concerns that a command has changed a key: who watches it, who waits for it,
   * who listens to events, and the append-only file.
   * @param changes - how many changes it counts as
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

  /** Tells who watches or waits for a key that it has changed. */
  touch(key: string): void {
    if (this.watched.size !== 0) {
      const watchers = this.watched.get(key)
      if (watchers !== undefined) for (const watcher of watchers) watcher.touched = true
    }
    if (this.waiting.size !== 0 && this.waiting.has(key)) this.#host.keyReady(this, key)
  }

  /** Removes every key. */
  clear(): void {
    for (const key of this.watched.keys()) if (this.has(key)) this.touch(key)
    this.#expiries.clear()
    this.#expiringParts.clear()
    this.#entries.clear()
    this.#list.length = 0
    for (const key of this.waiting.keys()) this.#host.keyReady(this, key)
  }

  /** Exchanges all keys with another database. Who watches or waits stays with the number. */
  swap(other: Database): void {
    for (const [db, next] of [
      [this, other],
      [other, this],
    ] as const) {
      for (const key of db.watched.keys()) if (db.has(key) || next.has(key)) db.touch(key)
    }
    ;[this.#entries, other.#entries] = [other.#entries, this.#entries]
    ;[this.#list, other.#list] = [other.#list, this.#list]
    ;[this.#expiries, other.#expiries] = [other.#expiries, this.#expiries]
    this.preserver?.swapped(this, other)
    ;[this.#expiringParts, other.#expiringParts] = [other.#expiringParts, this.#expiringParts]
    for (const db of [this, other]) {
      for (const key of db.waiting.keys()) this.#host.keyReady(db, key)
      this.#host.expiryChanged(db)
    }
  }

  /** A key picked at random, each as likely as any other. */
  random(): Entry | undefined {
    while (this.#list.length > 0) {
      const entry = this.#list[Math.floor(Math.random() * this.#list.length)]!
      if (this.peek(entry.key) !== undefined) return entry
    }
    return undefined
  }

  /** Every entry whose time has not come. */
  *entries(): Generator<Entry> {
    const { now } = this.#host
    for (const entry of this.#list) if (entry.expiresAt === -1 || entry.expiresAt >= now) yield entry
  }

  /**
   * Visits about `count` entries from a cursor on; 0 begins.
   * @returns the next cursor, 0 when all were visited
   */
  scan(cursor: number, count: number, visit: (entry: Entry) => void): number {
    const start = cursor === 0 ? this.#list.length : Math.min(cursor, this.#list.length)
    const end = Math.max(0, start - count)
    const batch = this.#list.slice(end, start)
    for (let i = batch.length - 1; i >= 0; i--) {
      const entry = this.peek(batch[i]!.key)
      if (entry !== undefined) visit(entry)
    }
    return end
  }
}

function asString(entry: Entry | undefined): string | undefined {
  if (entry === undefined) return undefined
  if (typeof entry.value !== 'string') throw WRONG_TYPE
  return entry.value
}

function asKind<T extends Aggregate>(entry: Entry | undefined, kind: Kind<T>): T | undefined {
  if (entry === undefined) return undefined
  const { value } = entry
  if (value instanceof kind) return value
  throw WRONG_TYPE
}
