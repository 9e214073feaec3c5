/**
 * The RDB version that Redis 7.0 writes, and the newest one that can be read: that of Redis 7.4.
 */
export const RDB_VERSION = 10
export const NEWEST_VERSION = 12

/** The byte before a value: its type, and the encoding that follows. */
export const TYPE = {
  string: 0,
  list: 1,
  set: 2,
  sortedSetWithTextScores: 3,
  hash: 4,
  sortedSet: 5,
  hashZipmap: 9,
  listZiplist: 10,
  setIntegers: 11,
  sortedSetZiplist: 12,
  hashZiplist: 13,
  listOfZiplists: 14,
  stream: 15,
  hashListpack: 16,
  sortedSetListpack: 17,
  listOfListpacks: 18,
  /** With the ids and counters that Redis 7.0 added. */
  stream2: 19,
  setListpack: 20,
  /** With the time when a consumer last got an entry, since Redis 7.2. */
  stream3: 21,
  /**
   * With fields that expire, since Redis 7.4: with the expiry of each field, or of each in a
   * listpack.
   */
  hashExpiring: 24,
  hashListpackExpiring: 25,
} as const

/** The encoding of a node of a list. */
export const NODE = { plain: 1, packed: 2 } as const

/** Replaces the length of a string with a special encoding. */
export const STRING = { int8: 0, int16: 1, int32: 2, lzf: 3 } as const

/** Flags of an entry of a stream. */
export const ENTRY = { deleted: 1, sameFields: 2 } as const
