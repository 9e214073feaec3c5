/** Where the arguments of a command contain keys, and how the command accesses them. */
export interface KeySpec {
  /** For example `RW insert`. */
  readonly flags: string
  /** Where the search begins: at a position, after a keyword, or unknown. */
  readonly begin:
    | { readonly index: number }
    | { readonly keyword: string; readonly startFrom: number }
    | { readonly unknown: true }
  /** Which of the arguments from there on are keys. */
  readonly find:
    | { readonly last: number; readonly step: number; readonly limit: number }
    | { readonly keyNumIndex: number; readonly firstKey: number; readonly step: number }
    | { readonly unknown: true }
  readonly notes?: string
}

/** A key that a call names. */
export interface CalledKey {
  readonly key: string
  /** As in {@link KeySpec.flags}. */
  readonly flags: string
}

interface KeyRange {
  /** The position of the first key; 1 is the first argument. */
  readonly at?: number
  /** The last key, relative to the first or, if negative, to the end of the arguments. */
  readonly last?: number
  readonly step?: number
  readonly notes?: string
}

/** One key, or several in a row. */
export function keys(flags: string, { at = 1, last = 0, step = 1, notes }: KeyRange = {}): KeySpec {
  return { flags, begin: { index: at }, find: { last, step, limit: 0 }, ...(notes === undefined ? {} : { notes }) }
}

/** A number, and that many keys after it. */
export function countedKeys(flags: string, { at = 1, notes }: KeyRange = {}): KeySpec {
  const find = { keyNumIndex: 0, firstKey: 1, step: 1 }
  return { flags, begin: { index: at }, find, ...(notes === undefined ? {} : { notes }) }
}

/**
 * Keys after a keyword. A `limit` of 2 means that only the first half of the remaining arguments
 * are keys.
 */
export function keysAfter(keyword: string, startFrom: number, flags: string, last = 0, limit = 0): KeySpec {
  return { flags, begin: { keyword, startFrom }, find: { last, step: 1, limit } }
}

/** Keys that cannot be determined from the arguments. */
export function unknownKeys(flags: string, notes: string): KeySpec {
  return { flags, begin: { unknown: true }, find: { unknown: true }, notes }
}
