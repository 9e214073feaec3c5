import { constants } from 'node:buffer'
import { keys } from '../catalog/key-spec.ts'
import { bitAt, countBits, findBit, withBit } from '../data/bits.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply } from '../resp/value.ts'
import { parseInteger } from '../text/numbers.ts'
import { integer } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/setbit/ */
export const setbit: Command<[key: string, offset: string, value: string]> = {
  name: 'setbit',
  arity: 4,
  group: 'bitmap',
  since: '2.2.0',
  summary: 'Sets or clears the bit at offset in the string value stored at key',
  complexity: 'O(1)',
  flags: ['write', 'denyoom'],
  keys: [keys('RW access update')],
  run(client, [, key, offsetText, bitText]) {
    const { db } = client
    const offset = bitOffset(client, offsetText)
    const bit = integer(bitText, NOT_A_BIT)
    if (bit !== 0 && bit !== 1) throw NOT_A_BIT
    const old = db.takeString(key)
    const entry = old === undefined ? db.add(key, '') : db.take(key)!
    const text = old ?? ''
    const before = bitAt(text, offset)
    entry.raw = true
    if (before !== bit || offset >= text.length * 8) {
      entry.value = withBit(text, offset, bit)
      db.changed(key, EVENT.string, 'setbit')
    }
    return before
  },
}

const NOT_A_BIT = new ErrorReply('ERR bit is not an integer or out of range')
export const INVALID_OFFSET: ErrorReply = new ErrorReply('ERR bit offset is not an integer or out of range')

/** Reads the position of a bit. */
function bitOffset(client: Caller, text: string): number {
  const offset = parseInteger(text)
  if (offset === undefined) throw INVALID_OFFSET
  return checkOffset(client, offset)
}

/** A string may not grow beyond the largest size that can be sent. */
export function checkOffset({ engine }: Caller, offset: number): number {
  const longest = Math.min(engine.config.maxBulkBytes, constants.MAX_STRING_LENGTH)
  if (offset < 0 || Math.floor(offset / 8) >= longest) throw INVALID_OFFSET
  return offset
}

/** @see https://redis.io/docs/latest/commands/getbit/ */
export const getbit: Command<[key: string, offset: string]> = {
  name: 'getbit',
  arity: 3,
  group: 'bitmap',
  since: '2.2.0',
  summary: 'Returns the bit value at offset in the string value stored at key',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run(client, [, key, offsetText]) {
    const offset = bitOffset(client, offsetText)
    return bitAt(client.db.getString(key) ?? '', offset)
  },
}

/** @see https://redis.io/docs/latest/commands/bitcount/ */
export const bitcount: Command<[key: string, ...range: string[]]> = {
  name: 'bitcount',
  arity: -2,
  group: 'bitmap',
  since: '2.6.0',
  summary: 'Count set bits in a string',
  complexity: 'O(N)',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    const text = db.getString(argv[1])
    if (text === undefined) return 0
    if (argv.length !== 2 && argv.length !== 4 && argv.length !== 5) throw SYNTAX_ERROR
    if (argv.length === 2) return text === '' ? 0 : countBits(text, 0, text.length * 8 - 1)
    const [start, end] = [integer(argv[2]!), integer(argv[3]!)]
    if (start < 0 && end < 0 && start > end) return 0
    const { first, last } = bounds(start, end, text.length, isInBits(argv[4]))
    return first > last ? 0 : countBits(text, first, last)
  },
}

/** @see https://redis.io/docs/latest/commands/bitpos/ */
export const bitpos: Command<[key: string, bit: string, ...range: string[]]> = {
  name: 'bitpos',
  arity: -3,
  group: 'bitmap',
  since: '2.8.7',
  summary: 'Find first bit set or clear in a string',
  complexity: 'O(N)',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run({ db }, argv) {
    const bit = integer(argv[2])
    if (bit !== 0 && bit !== 1) throw new ErrorReply('ERR The bit argument must be 1 or 0.')
    const text = db.getString(argv[1])
    if (text === undefined) return bit === 1 ? -1 : 0
    if (argv.length > 6) throw SYNTAX_ERROR
    const start = argv[3] === undefined ? 0 : integer(argv[3])
    const inBits = isInBits(argv[5])
    const end = argv[4] === undefined ? -1 : integer(argv[4])
    const { first, last } = bounds(start, end, text.length, inBits)
    if (first > last) return -1
    const found = findBit(text, bit, first, last)
    // Without an explicit end, the string counts as followed by zeros.
    return found === -1 && bit === 0 && argv[4] === undefined ? text.length * 8 : found
  },
}

function isInBits(unit: string | undefined): boolean {
  const word = unit?.toUpperCase()
  if (word !== undefined && word !== 'BIT' && word !== 'BYTE') throw SYNTAX_ERROR
  return word === 'BIT'
}

/**
 * Converts a range in bytes or bits, which may count from the end, to positions of bits. Empty if
 * the first exceeds the last.
 */
function bounds(start: number, end: number, bytes: number, inBits: boolean): { first: number; last: number } {
  const length = inBits ? bytes * 8 : bytes
  const from = Math.max(0, start < 0 ? start + length : start)
  const to = Math.min(Math.max(0, end < 0 ? end + length : end), length - 1)
  if (from > to) return { first: 1, last: 0 }
  return inBits ? { first: from, last: to } : { first: from * 8, last: to * 8 + 7 }
}
