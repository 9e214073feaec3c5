import { keys } from '../catalog/key-spec.ts'
import { type FieldType, narrow, type Overflow, readField, writeField } from '../data/bit-field.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'
import { MAX_INT64, parseInt64 } from '../text/numbers.ts'
import { checkOffset, INVALID_OFFSET } from './bit.ts'
import { bigInteger } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/bitfield/ */
export const bitfield: Command<[key: string, ...operations: string[]]> = {
  name: 'bitfield',
  arity: -2,
  group: 'bitmap',
  since: '3.2.0',
  summary: 'Perform arbitrary bitfield integer operations on strings',
  complexity: 'O(1) for each subcommand specified',
  flags: ['write', 'denyoom'],
  keys: [
    keys('RW access update variable_flags', { notes: 'This command allows both access and modification of the key' }),
  ],
  keysOf: (argv) => [{ key: argv[1]!, flags: mayWrite(argv) ? 'RW access update' : 'RO access' }],
  run(client, argv) {
    const operations = parseOperations(client, argv)
    return operations.some(({ write }) => write !== undefined)
      ? change(client, argv[1], operations)
      : read(client, argv[1], operations)
  },
}

/** Whether a call would change its key. An invalid call counts as one that would. */
function mayWrite(argv: readonly string[]): boolean {
  for (let i = 2; i < argv.length; ) {
    const left = argv.length - i - 1
    const word = argv[i]!.toUpperCase()
    if (word === 'GET' && left >= 2) i += 3
    else if (word === 'OVERFLOW' && left >= 1) i += 2
    else return true
  }
  return false
}

/** @see https://redis.io/docs/latest/commands/bitfield_ro/ */
export const bitfield_ro: Command<[key: string, ...operations: string[]]> = {
  name: 'bitfield_ro',
  arity: -2,
  group: 'bitmap',
  since: '6.0.0',
  summary: 'Perform arbitrary bitfield integer operations on strings. Read-only variant of BITFIELD',
  complexity: 'O(1) for each subcommand specified',
  flags: ['readonly', 'fast'],
  keys: [keys('RO access')],
  run(client, argv) {
    const operations = parseOperations(client, argv)
    if (operations.some(({ write }) => write !== undefined)) {
      throw new ErrorReply('ERR BITFIELD_RO only supports the GET subcommand')
    }
    return read(client, argv[1], operations)
  },
}

interface Operation {
  readonly type: FieldType
  readonly offset: number
  /** `undefined` for a read. */
  readonly write: Write | undefined
}

interface Write {
  /** Whether the operand is added to the field (INCRBY) or replaces it (SET). */
  readonly add: boolean
  readonly operand: bigint
  readonly overflow: Overflow
}

const WORDS: Readonly<Record<string, number>> = { GET: 2, SET: 3, INCRBY: 3, OVERFLOW: 1 }

/**
 * Reads `GET type offset`, `SET type offset value`, `INCRBY type offset increment` and `OVERFLOW
 * WRAP|SAT|FAIL`.
 */
function parseOperations(client: Caller, argv: readonly string[]): Operation[] {
  const operations: Operation[] = []
  let overflow: Overflow = 'WRAP'
  for (let at = 2; at < argv.length; ) {
    const word = argv[at]!.toUpperCase()
    const words = WORDS[word]
    if (words === undefined || at + words >= argv.length) throw SYNTAX_ERROR
    if (word === 'OVERFLOW') overflow = parseOverflow(argv[at + 1]!)
    else {
      const type = parseType(argv[at + 1]!)
      const offset = parseOffset(client, argv[at + 2]!, type.bits)
      const write =
        word === 'GET' ? undefined : { add: word === 'INCRBY', operand: bigInteger(argv[at + 3]!), overflow }
      operations.push({ type, offset, write })
    }
    at += words + 1
  }
  return operations
}

function parseOverflow(text: string): Overflow {
  const word = text.toUpperCase()
  if (word === 'WRAP' || word === 'SAT' || word === 'FAIL') return word
  throw new ErrorReply('ERR Invalid OVERFLOW type specified')
}

function parseType(text: string): FieldType {
  // C strings end at a NUL byte, and Redis reads the type as a C string.
  const [, sign, digits] = /^([iu])([1-9][0-9]?)(?:\0|$)/.exec(text) ?? []
  const bits = Number(digits)
  if (digits === undefined || bits > (sign === 'i' ? 64 : 63)) {
    throw new ErrorReply(
      'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.',
    )
  }
  return { signed: sign === 'i', bits }
}

/** Reads a position in bits or, after `#`, in fields of that many bits. */
function parseOffset(client: Caller, text: string, bits: number): number {
  const inFields = text.startsWith('#')
  const number = parseInt64(inFields ? text.slice(1) : text)
  if (number === undefined) throw INVALID_OFFSET
  return checkOffset(client, Number(inFields ? BigInt.asIntN(64, number * BigInt(bits)) : number))
}

function read({ db }: Caller, key: string, operations: readonly Operation[]): Reply {
  const bytes = Buffer.from(db.getString(key) ?? '', 'latin1')
  return operations.map(({ type, offset }) => readField(bytes, offset, type))
}

function change({ db }: Caller, key: string, operations: readonly Operation[]): Reply {
  const old = db.takeString(key)
  const entry = old === undefined ? db.add(key, '') : db.take(key)!
  const bits = operations.reduce(
    (most, { type, offset, write }) => (write === undefined ? most : Math.max(most, offset + type.bits)),
    0,
  )
  const bytes = grow(old ?? '', Math.ceil(bits / 8))
  const grew = bytes.length > (old ?? '').length
  let changes = 0
  const replies = operations.map(({ type, offset, write }) => {
    const before = readField(bytes, offset, type)
    if (write === undefined) return before
    const value = narrow(wanted(before, type, write), type, write.overflow)
    if (value === undefined) return null
    writeField(bytes, offset, type, value)
    if (grew || value !== before) changes++
    return write.add ? value : before
  })
  entry.value = bytes.toString('latin1')
  entry.raw = true
  if (changes > 0) db.changed(key, EVENT.string, 'setbit', changes)
  return replies
}

/**
 * The value to write if it fits. Redis misreads some operands of SET when it checks whether they
 * fit: an operand below the range of the field counts as one far above it. This affects every
 * negative operand of an unsigned field, and those of a signed field near the end of 64 bits.
 */
function wanted(before: bigint, { signed, bits }: FieldType, { add, operand }: Write): bigint {
  if (add) return before + operand
  const max = (1n << BigInt(bits - 1)) - 1n
  const isReadAsLarge = signed ? bits < 64 && max - operand > MAX_INT64 : operand < 0n
  return isReadAsLarge ? BigInt.asUintN(64, operand) : operand
}

/** The bytes of a string, padded with zeros to at least `length`. */
function grow(text: string, length: number): Buffer {
  const bytes = Buffer.alloc(Math.max(text.length, length))
  bytes.write(text, 'latin1')
  return bytes
}
