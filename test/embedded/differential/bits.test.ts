import fc from 'fast-check'
import { command, integer, maybe, sequence, some, spoilt, word } from './generate.ts'
import { differentialSuite } from './suite.ts'

const KEYS = ['b0', 'b1', 'b2', 'int']
const key = fc.oneof({ weight: 16, arbitrary: word(...KEYS) }, { weight: 1, arbitrary: word('list', 'none') })
const bytes = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array).toString('latin1')) },
  { weight: 2, arbitrary: word('\xff\xff\xff', '\0\0\0', '\xff'.repeat(40), '\0'.repeat(40), '\xf0', '') },
  { weight: 2, arbitrary: word('0', '12', '-1', '9223372036854775807', 'foobar', 'x'.repeat(45)) },
)
const offset = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: 0, max: 90 }).map(String) },
  { weight: 1, arbitrary: word('-1', '', 'x', '1.5', '01', '4294967296', '34359738368', '9223372036854775808') },
)
const bit = fc.oneof(
  { weight: 10, arbitrary: word('0', '1') },
  { weight: 1, arbitrary: word('2', '-1', 'x', '', '01') },
)
const index = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -50, max: 50 }).map(String) },
  { weight: 1, arbitrary: integer },
)
const unit = word('BIT', 'BYTE', 'bit', 'byte', 'x')

const type = fc.oneof(
  { weight: 4, arbitrary: word('u8', 'i8', 'u4', 'i5', 'u1', 'i1', 'u16', 'i16', 'u63', 'i64', 'i63', 'u32') },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 63 }).chain((bits) => word(`u${bits}`, `i${bits}`)) },
  { weight: 1, arbitrary: word('u64', 'i65', 'u0', 'i0', 'i', 'u', '8', 'x8', 'U8', 'u08', 'u8 ', 'u8\0x', 'u-1', '') },
)
const place = fc.oneof(
  { weight: 6, arbitrary: offset },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 6 }).map((field) => `#${field}`) },
  { weight: 1, arbitrary: word('#', '#-1', '#x', '#9223372036854775807', '##1', '#01') },
)
const operand = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -300, max: 300 }).map(String) },
  { weight: 3, arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String) },
  { weight: 1, arbitrary: word('9223372036854775807', '-9223372036854775808', '9223372036854775808', 'x', '', '1.5') },
)
const reading = sequence(word('GET', 'get'), type, place)
const operation = fc.oneof(
  { weight: 3, arbitrary: reading },
  { weight: 3, arbitrary: sequence('SET', type, place, operand) },
  { weight: 4, arbitrary: sequence(word('INCRBY', 'incrby'), type, place, operand) },
  { weight: 3, arbitrary: sequence('OVERFLOW', word('WRAP', 'SAT', 'FAIL', 'sat', 'fail', 'x')) },
)

const single = spoilt(
  fc.oneof(
    { weight: 3, arbitrary: command('SET', key, bytes) },
    { weight: 8, arbitrary: command('SETBIT', key, offset, bit) },
    { weight: 3, arbitrary: command('GETBIT', key, offset) },
    { weight: 5, arbitrary: command('BITCOUNT', key, maybe(index, index, maybe(unit))) },
    { weight: 2, arbitrary: command('BITCOUNT', key, index) },
    { weight: 6, arbitrary: command('BITPOS', key, bit, maybe(index, maybe(index, maybe(unit)))) },
    { weight: 6, arbitrary: command('BITOP', word('AND', 'OR', 'XOR', 'and', 'NOT', 'x'), key, some(key, 1, 4)) },
    { weight: 2, arbitrary: command('BITOP', 'NOT', key, key) },
    { weight: 12, arbitrary: command('BITFIELD', key, some(operation, 0, 4)) },
    {
      weight: 2,
      arbitrary: command('BITFIELD_RO', key, some(fc.oneof({ weight: 5, arbitrary: reading }, operation), 0, 3)),
    },
    { weight: 3, arbitrary: command('GET', key) },
    { weight: 2, arbitrary: command('OBJECT', 'ENCODING', key) },
    command('DEL', key),
    command('INCR', key),
    command('STRLEN', key),
    command('RPUSH', 'list', 'v'),
    command('PEXPIRE', key, '100000'),
  ),
).map((argv) => [argv])

differentialSuite({
  title: 'bits',
  isCertain: true,
  steps: single,
  inspection: KEYS.flatMap((name) => [
    ['GET', name],
    ['OBJECT', 'ENCODING', name],
  ]),
  agree: () => 'exact',
  normalize: (text) => text.replace(/\b1[78]\d{11}\b/g, 'now'),
})
