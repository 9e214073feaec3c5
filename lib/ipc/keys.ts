import { slotTag } from '../wire/keys.ts'

/**
 * Every Redis key and channel of this room, built here and nowhere else. What belongs to one structure shares its cluster
 * slot, except the entries of a cache of layout `keys`, each of which has a slot of its own. `docs/ipc.md` has the table.
 */

/** What a task queue consists of. */
export interface QueueKeys {
  /** List of the tasks that wait; writers push at its left end, readers take from its right one. */
  readonly queue: string
  /** List of what woke a reliable reader and was not taken yet. It is nobody's: any reliable reader takes from it first. */
  readonly arrived: string
  /** Sorted set of reliable readers, by the time (ms, on Redis's clock) at which each counts as lost. */
  readonly readers: string
  /** Sorted set of delayed tasks by due time (ms, on Redis's clock). */
  readonly delayed: string
  /** Stream of dead letters. */
  readonly dead: string
  /** Channel on which a delay (ms) is told when a task was delayed just now. */
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

/** Hash of the tasks in flight at one reliable reader, number → text. It is that reader's until its lease has run out. */
export function inFlightKey(name: string, reader: string): string {
  return `${slotTag(name)}:hand:${reader}`
}

/** What one entry of a cache consists of. */
export interface EntryKeys {
  /** Where the entry's text stands: a hash that has it in the field of its name, or a string of its own. */
  readonly home: string
  /** String held by the process whose loader runs; its value is a token of that run. */
  readonly lock: string
  /** Channel that tells when the entry was written or its lock was given up. */
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
  // With a tag of its own it would be the home of the field `<field>:lock`.
  if (tag === home) return { home, lock: `${cache}:lock:${field}`, channel: `${cache}:set:${field}` }
  return { home, lock: `${tag}:lock`, channel: `${tag}:set` }
}

/** Stream of what a group of readers of a stream could not handle. */
export function groupDeadKey(stream: string, group: string): string {
  return `${slotTag(stream)}:dead:${group}`
}

/** Channel of the keyspace events of a key, where the server has them on. @param key with ioredis's prefix */
export function keyspaceChannel(db: number, key: string): string {
  return `__keyspace@${db}__:${key}`
}
