import { keys } from '../catalog/key-spec.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import type { KeyEntry } from '../keyspace/entry.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply } from '../resp/value.ts'
import { integer } from './parse.ts'
import { LONGEST_STRING } from './string.ts'

/** @see https://redis.io/docs/latest/commands/strlen/ */
export const strlen: Command<[key: string]> = {
  name: 'strlen',
  arity: 2,
  group: 'string',
  since: '2.2.0',
  summary: 'Get the length of the value stored in a key',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO')],
  run: (client, argv) => client.db.getString(argv[1])?.length ?? 0,
}

/** @see https://redis.io/docs/latest/commands/append/ */
export const append: Command<[key: string, value: string]> = {
  name: 'append',
  arity: 3,
  group: 'string',
  since: '2.0.0',
  summary: 'Append a value to a key',
  complexity:
    'O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since the dynamic string library used by Redis will double the free space available on every reallocation.',
  flags: ['write', 'denyoom', 'fast'],
  keys: [keys('RW insert')],
  run({ db, engine }, [, key, value]) {
    const old = db.takeString(key)
    if (old === undefined) db.add(key, value)
    else {
      checkLength(old.length + value.length, engine.config.maxBulkBytes)
      change(db.take(key)!, join(old, value))
    }
    db.changed(key, EVENT.string, 'append')
    return (old?.length ?? 0) + value.length
  },
}

/** Appends to strings longer than this are flattened now and then. */
const SHORT = 256

/**
 * Concatenates two strings. V8 makes a tree node of 32 bytes for each append, however short, until
 * something reads the string. So the string is read each time it has grown by about an eighth; in
 * all, each byte is copied some ten times.
 */
function join(old: string, added: string): string {
  const text = old + added
  const step = Math.max(SHORT, 2 ** (28 - Math.clz32(text.length)))
  if (Math.floor(old.length / step) !== Math.floor(text.length / step)) text.charCodeAt(0)
  return text
}

/** @see https://redis.io/docs/latest/commands/setrange/ */
export const setrange: Command<[key: string, offset: string, value: string]> = {
  name: 'setrange',
  arity: 4,
  group: 'string',
  since: '2.2.0',
  summary: 'Overwrite part of a string at key starting at the specified offset',
  complexity:
    'O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.',
  flags: ['write', 'denyoom'],
  keys: [keys('RW update')],
  run({ db, engine }, [, key, offsetText, value]) {
    const offset = parseOffset(offsetText)
    const old = db.takeString(key)
    if (value === '') return old?.length ?? 0
    checkLength(offset + value.length, engine.config.maxBulkBytes)
    const before = (old ?? '').slice(0, offset)
    const gap = '\0'.repeat(offset - before.length)
    const text = before + gap + value + (old ?? '').slice(offset + value.length)
    change(old === undefined ? db.add(key, '') : db.take(key)!, text)
    db.changed(key, EVENT.string, 'setrange')
    return text.length
  },
}

/** @see https://redis.io/docs/latest/commands/getrange/ */
export const getrange: Command<[key: string, start: string, end: string]> = {
  name: 'getrange',
  arity: 4,
  group: 'string',
  since: '2.4.0',
  summary: 'Get a substring of the string stored at a key',
  complexity:
    'O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => substring(client, argv),
}

/** @see https://redis.io/docs/latest/commands/substr/ */
export const substr: Command<[key: string, start: string, end: string]> = {
  name: 'substr',
  arity: 4,
  group: 'string',
  since: '1.0.0',
  summary: 'Get a substring of the string stored at a key',
  complexity:
    'O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => substring(client, argv),
}

function substring({ db }: Caller, [, key, from, to]: readonly [string, string, string, string]): string {
  let start = integer(from)
  let end = integer(to)
  const text = db.getString(key) ?? ''
  if (start < 0 && end < 0 && start > end) return ''
  start = Math.max(0, start < 0 ? text.length + start : start)
  end = Math.max(0, end < 0 ? text.length + end : end)
  return text.slice(start, end + 1)
}

function parseOffset(text: string): number {
  const offset = integer(text)
  if (offset < 0) throw new ErrorReply('ERR offset is out of range')
  return offset
}

function checkLength(length: number, maxBulkBytes: number): void {
  if (length > Math.min(maxBulkBytes, LONGEST_STRING)) {
    throw new ErrorReply('ERR string exceeds maximum allowed size (proto-max-bulk-len)')
  }
}

/** Changes a string in place; from then on Redis uses its raw encoding. */
function change(entry: KeyEntry, text: string): void {
  entry.value = text
  entry.raw = true
}
