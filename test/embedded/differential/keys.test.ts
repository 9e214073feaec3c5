import fc from 'fast-check'
import { command, integer, maybe, sequence, some, spoilt, word } from './generate.ts'
import { differentialSuite } from './suite.ts'

const KEYS = ['str', 'list', 'hash', 'ka', 'kb']
const key = word('str', 'list', 'hash', 'ka', 'kb', 'str', 'list', 'hash', 'ka', 'kb', 'none')
const database = word('0', '1', '2', '0', '1', '2', '16', '-1', 'x', '', '2147483648', '-9223372036854775808')
const far = fc.oneof(
  word('100000', '200000', '300000', '100000000'),
  word('0', '-1', 'x', '', '1.5', '-9223372036854775808', '9223372036854775807', '99999999999999999999'),
)
const when = fc.oneof(
  word('99999999999', '99999999998', '999999999999'),
  word('1', '0', '-1', 'x', '9223372036854775808', '-9223372036854775808'),
)
const conditions = some(word('NX', 'XX', 'GT', 'LT', 'gt', 'x'), 0, 2)
/** Durations in seconds of which hardly two are the same: which of two equal ones ends later is a matter of milliseconds. */
const distinct = fc.noBias(fc.integer({ min: 1, max: 2_000_000 })).map((n) => `${n * 100}`)
const scanOptions = sequence(
  maybe('MATCH', word('*', 'k*', '[lh]*', '?', 'str', '[^k]*', 'k[a-', '\\k*', '*a', '**')),
  'COUNT',
  word('1000', '1000', '1000', '0', 'x'),
  maybe('TYPE', word('string', 'list', 'hash', 'LIST', 'x')),
)

function inMs(seconds: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return seconds.map((text) => (/^[1-9][0-9]*00$/.test(text) ? `${text}000` : text))
}

const steps = spoilt(
  fc.oneof(
    { weight: 2, arbitrary: command('SET', word('str', 'ka', 'kb'), integer) },
    { weight: 2, arbitrary: command('RPUSH', word('list', 'ka'), 'v') },
    { weight: 2, arbitrary: command('HSET', word('hash', 'kb'), 'f', 'v') },
    command('DEL', some(key, 1, 4)),
    command('UNLINK', some(key, 1, 4)),
    command('EXISTS', some(key, 1, 4)),
    command('TOUCH', some(key, 1, 4)),
    command('TYPE', key),
    command('RENAME', key, key),
    command('RENAMENX', key, key),
    command('MOVE', key, database),
    {
      weight: 2,
      arbitrary: command('COPY', key, key, some(fc.oneof(word('REPLACE', 'x'), sequence('DB', database)), 0, 2)),
    },
    command('EXPIRE', key, far, some(word('NX', 'XX', 'nx', 'x'), 0, 2)),
    command('EXPIRE', key, distinct, conditions),
    command('PEXPIRE', key, inMs(far), some(word('NX', 'XX', 'nx', 'x'), 0, 2)),
    command('PEXPIRE', key, inMs(distinct), conditions),
    { weight: 2, arbitrary: command('EXPIREAT', key, when, conditions) },
    {
      weight: 2,
      arbitrary: command(
        'PEXPIREAT',
        key,
        when.map((text) => (/^9{9,12}$|8$/.test(text) && text.length < 15 ? `${text}999` : text)),
        conditions,
      ),
    },
    command('PERSIST', key),
    command('EXPIRETIME', key),
    command('PEXPIRETIME', key),
    command('DBSIZE'),
    command('KEYS', word('*', 'k*', '?a', '[h-s]*', 'x')),
    { weight: 2, arbitrary: command('SCAN', word('0', '0', '0', 'x', ''), scanOptions) },
    command('SELECT', database),
    command('SWAPDB', database, database),
    command('FLUSHDB', maybe(word('SYNC', 'ASYNC', 'x'))),
    command('OBJECT', word('ENCODING', 'REFCOUNT', 'x'), key),
  ),
)
  // Which of the two removes a key first whose time comes within the test is left to chance.
  .filter((argv) => !/^P?EXPIRE$/i.test(argv[0]!) || !argv.some((word) => /^[1-9][0-9]?$/.test(word)))
  .map((argv) => [argv])

const random = command('RANDOMKEY').map((argv) => [argv])

differentialSuite({
  title: 'keys',
  isCertain: true,
  steps: fc.oneof({ weight: 20, arbitrary: steps }, { weight: 1, arbitrary: random }),
  inspection: [
    ...['0', '1', '2'].flatMap((index) => [
      ['SELECT', index],
      ['DBSIZE'],
      ...KEYS.flatMap((name) => [
        ['TYPE', name],
        ['PEXPIRETIME', name],
      ]),
    ]),
    ['SELECT', '0'],
  ],
  agree([name]) {
    const upper = name!.toUpperCase()
    if (upper === 'RANDOMKEY') return 'size'
    if (upper === 'SCAN') return 'scan'
    return upper === 'KEYS' ? 'unordered' : 'exact'
  },
  // A small integer that was copied is not shared until it is set anew, which only OBJECT REFCOUNT tells.
  normalize: (text) => text.replace(/(\$13\r\n|:)1[789][0-9]{8,11}\r\n/g, '<time>').replace(':2147483647\r', ':1\r'),
})
