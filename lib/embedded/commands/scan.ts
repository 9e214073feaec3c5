import { keys as keysAt } from '../catalog/key-spec.ts'
import { Hash } from '../data/hash.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'
import { matchGlob } from '../text/glob.ts'
import { typeName } from './key.ts'
import { integer } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/keys/ */
export const keys: Command<[pattern: string]> = {
  name: 'keys',
  arity: 2,
  group: 'generic',
  since: '1.0.0',
  summary: 'Find all keys matching the given pattern',
  complexity:
    'O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.',
  flags: ['readonly'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'nondeterministic_output_order'],
  run({ db }, [, pattern]) {
    const found: string[] = []
    for (const { key } of db.entries()) if (pattern === '*' || matchGlob(pattern, key)) found.push(key)
    return found
  },
}

/** @see https://redis.io/docs/latest/commands/scan/ */
export const scan: Command<[cursor: string, ...options: string[]]> = {
  name: 'scan',
  arity: -2,
  group: 'generic',
  since: '2.8.0',
  summary: 'Incrementally iterate the keys space',
  complexity:
    'O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.',
  flags: ['readonly'],
  tips: ['nondeterministic_output', 'request_policy:special'],
  run({ db }, argv) {
    const cursor = parseCursor(argv[1])
    const options = parseScanOptions(argv, 2, true)
    const found: string[] = []
    const next = db.scan(cursor, options.count, (entry) => {
      if (options.type !== undefined && typeName(entry) !== options.type) return
      if (options.matches(entry.key)) found.push(entry.key)
    })
    return [String(next), found]
  },
}

/** @see https://redis.io/docs/latest/commands/hscan/ */
export const hscan: Command<[key: string, cursor: string, ...options: string[]]> = {
  name: 'hscan',
  arity: -3,
  group: 'hash',
  since: '2.8.0',
  summary: 'Incrementally iterate hash fields and associated values',
  complexity:
    'O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection..',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keysAt('RO access')],
  run({ db }, argv) {
    const cursor = parseCursor(argv[2])
    const hash = db.get(argv[1], Hash)
    if (hash === undefined) return EMPTY
    const options = parseScanOptions(argv, 3, false)
    const found: string[] = []
    const next = hash.scan(cursor, options.count, (field, value) => {
      if (options.matches(field)) found.push(field, value)
    })
    return [String(next), found]
  },
}

/** The reply to a scan of a key that does not exist. */
export const EMPTY: Reply = ['0', []]

/** The options that SCAN, HSCAN, SSCAN and ZSCAN share. */
export interface ScanOptions {
  readonly count: number
  /** The name of a type in lower case, only for SCAN. */
  readonly type: string | undefined
  matches(name: string): boolean
}

const LARGEST_CURSOR = 2n ** 64n - 1n

/** Reads a cursor as C's `strtoul` does: an empty text is 0, and a negative number wraps around. */
export function parseCursor(text: string): number {
  if (text === '') return 0
  if (!/^[+-]?[0-9]+$/.test(text)) throw new ErrorReply('ERR invalid cursor')
  const size = BigInt(text.replace(/^[+-]/, ''))
  if (size > LARGEST_CURSOR) throw new ErrorReply('ERR invalid cursor')
  return Number(text.startsWith('-') && size > 0n ? LARGEST_CURSOR + 1n - size : size)
}

/** Reads `MATCH pattern`, `COUNT count` and, for SCAN, `TYPE type`. */
export function parseScanOptions(argv: readonly string[], start: number, withType: boolean): ScanOptions {
  let count = 10
  let pattern: string | undefined
  let type: string | undefined
  for (let i = start; i < argv.length; i += 2) {
    const word = argv[i]!.toUpperCase()
    const value = argv[i + 1]
    if (value === undefined) throw SYNTAX_ERROR
    if (word === 'COUNT') {
      count = integer(value)
      if (count < 1) throw SYNTAX_ERROR
    } else if (word === 'MATCH') pattern = value === '*' ? undefined : value
    else if (word === 'TYPE' && withType) type = value.toLowerCase()
    else throw SYNTAX_ERROR
  }
  return { count, type, matches: (name) => pattern === undefined || matchGlob(pattern, name) }
}
