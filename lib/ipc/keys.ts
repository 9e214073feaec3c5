import { slotTag } from '../wire/keys.ts'

/**
 * Every Redis key and channel of this room is built here and nowhere else. All keys of one
 * structure are in the same cluster slot, except the entries of a cache with layout `keys`, each of
 * which has its own slot. `docs/ipc.md` has the table.
 */

export interface QueueKeys {
  /** List of waiting tasks; writers push at the left end, readers pop from the right end. */
  readonly queue: string
  /**
   * List of tasks that woke a reliable reader and were not taken yet. It belongs to no reader:
   * every reliable reader takes from it first.
   */
  readonly arrived: string
  /** Sorted set of reliable readers, by the time (ms, on Redis's clock) when their leases end. */
  readonly readers: string
  /** Sorted set of delayed tasks by due time (ms, on Redis's clock). */
  readonly delayed: string
  /** Stream of dead letters. */
  readonly dead: string
  /** Channel on which the delay (ms) of a newly delayed task is published. */
  readonly dueChannel: string
}

export function queueKeys(name: string): QueueKeys {
  const tag = slotTag(name)
  return {
    queue: name,
    arrived: `${tag}:arrived`,
    readers: `${tag}:readers`,
    delayed: `${tag}:delayed`,
    dead: `${tag}:dead`,
    dueChannel: `${tag}:due`,
  }
}

/**
 * Hash of the tasks in flight at one reliable reader, number → text. It belongs to that reader
 * until its lease expires.
 */
export function inFlightKey(name: string, reader: string): string {
  return `${slotTag(name)}:hand:${reader}`
}

/** The keys of a cache entry. */
export interface EntryKeys {
  /** The key that stores the entry: a hash with a field for it, or a separate string. */
  readonly home: string
  /** String held by the process whose loader runs; its value is a token of that run. */
  readonly lock: string
  /** Channel that announces that the entry was written or its lock released. */
  readonly channel: string
}

/** Keys of an entry of a cache of layout `hash`. */
export function hashEntryKeys(cache: string, field: string): EntryKeys {
  const tag = slotTag(cache)
  return { home: cache, lock: `${tag}:lock:${field}`, channel: `${tag}:set:${field}` }
}

/** Keys of an entry of a cache of layout `keys`. */
export function ownEntryKeys(cache: string, field: string): EntryKeys {
  const home = `${cache}:entry:${field}`
  const tag = slotTag(home)
  // With its own tag it would be the key of the field `<field>:lock`.
  if (tag === home) return { home, lock: `${cache}:lock:${field}`, channel: `${cache}:set:${field}` }
  return { home, lock: `${tag}:lock`, channel: `${tag}:set` }
}

/** Stream of the dead letters of a group of readers. */
export function groupDeadKey(stream: string, group: string): string {
  return `${slotTag(stream)}:dead:${group}`
}

/**
 * Channel of the keyspace events of a key, if the server has them enabled.
 * @param key with ioredis's prefix
 */
export function keyspaceChannel(db: number, key: string): string {
  return `__keyspace@${db}__:${key}`
}
