/** The version of the RDB format that Redis 7.0 writes, and the last one that is read: that of Redis 7.4. */
export const RDB_VERSION = 10
export const NEWEST_VERSION = 12

/** The byte before a value: its type, and the form in which it follows. */
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
  /** With what Redis 7.0 knows of a stream in addition: ids, counters. */
  stream2: 19,
  setListpack: 20,
  /** With the time when a consumer was last given something, of Redis 7.2. */
  stream3: 21,
  /** With fields that expire, of Redis 7.4: each has its time, or each of a listpack. */
  hashExpiring: 24,
  hashListpackExpiring: 25,
} as const

/** The form of a node of a list. */
export const NODE = { plain: 1, packed: 2 } as const

/** What replaces the length of a string that is not kept as it is. */
export const STRING = { int8: 0, int16: 1, int32: 2, lzf: 3 } as const

/** Flags of an entry of a stream. */
export const ENTRY = { deleted: 1, sameFields: 2 } as const
