import fc from 'fast-check'
import { command, integer, score, sequence, some, spoilt, word } from './generate.ts'
import { differentialSuite } from './suite.ts'

const KEYS = ['a', 'b', 'n', 'f', 'list']
const key = word('a', 'b', 'n', 'f', 'a', 'b', 'n', 'f', 'list', 'none')
const value = fc.oneof(
  {
    weight: 3,
    arbitrary: word(
      '',
      'v',
      'hello',
      'yellow hollow',
      'ohmytext',
      'mynewtext',
      '\xff\0\r\n',
      'x'.repeat(44),
      'x'.repeat(45),
      'x'.repeat(2000),
    ),
  },
  { weight: 3, arbitrary: integer },
  { weight: 1, arbitrary: score },
)
/** Far away, so that nothing expires while the test runs. */
const far = word('200000', '100000', '100000', '0', '-1', 'x', '9223372036854775807', '99999999999999999999', '1.5', '')
const options = (...times: readonly string[]) =>
  some(
    fc.oneof(
      word('NX', 'XX', 'GET', 'KEEPTTL', 'PERSIST', 'x'),
      sequence(word('EX', 'PX'), far),
      sequence('EXAT', word('99999999999', '99999999998', 'x', '0', '-5', ...times)),
      sequence('PXAT', word('99999999999000', '99999999998999', 'x', '0', '-5', ...times)),
    ),
    0,
    3,
  )
const match = fc.oneof(word('LEN', 'IDX', 'WITHMATCHLEN', 'x'), sequence('MINMATCHLEN', integer))
const floats = fc.oneof(
  { weight: 2, arbitrary: score },
  {
    weight: 3,
    arbitrary: word('0.1', '0.2', '1e-17', '3.0e3', '1e17', '-1.5', '5.0e-1', '123456789.123456789', '1e300'),
  },
)

const steps = spoilt(
  fc.oneof(
    command('GET', key),
    { weight: 3, arbitrary: command('SET', key, value) },
    { weight: 6, arbitrary: command('SET', key, value, options()) },
    command('SETNX', key, value),
    command('SETEX', key, far, value),
    command('PSETEX', key, far, value),
    command('GETSET', key, value),
    command('GETDEL', key),
    { weight: 3, arbitrary: command('GETEX', key, options('1')) },
    command('MGET', some(key, 1, 4)),
    command('MSET', some(sequence(key, value), 1, 3)),
    command('MSETNX', some(sequence(key, value), 1, 3)),
    command('STRLEN', key),
    { weight: 2, arbitrary: command('APPEND', key, value) },
    {
      weight: 3,
      arbitrary: command('SETRANGE', key, word('0', '3', '50', '-1', 'x', '536870912', '9223372036854775807'), value),
    },
    { weight: 3, arbitrary: command('GETRANGE', key, integer, integer) },
    command('SUBSTR', key, integer, integer),
    command('INCR', key),
    command('DECR', key),
    { weight: 2, arbitrary: command('INCRBY', key, integer) },
    { weight: 2, arbitrary: command('DECRBY', key, integer) },
    { weight: 5, arbitrary: command('INCRBYFLOAT', key, floats) },
    { weight: 2, arbitrary: command('SET', 'f', floats) },
    command('OBJECT', word('ENCODING', 'REFCOUNT', 'FREQ'), key),
    command('DEL', key),
    command('TYPE', key),
    command('EXPIRETIME', key),
    command('RPUSH', 'list', 'v'),
    { weight: 2, arbitrary: command('LCS', key, key, some(match, 0, 3)) },
  ),
)
  // Which of the two removes a key first whose time comes within the test is left to chance.
  .filter((argv) => !isBrief(argv.map((word) => word.toUpperCase())))
  .map((argv) => [argv])

function isBrief(words: readonly string[]): boolean {
  const relative = words.some((word) => ['EX', 'PX', 'SETEX', 'PSETEX'].includes(word))
  const absolute = words.some((word) => ['EXAT', 'PXAT'].includes(word)) && words[0] !== 'GETEX'
  return (relative || absolute) && words.some((word) => /^[1-9][0-9]?$/.test(word))
}

differentialSuite({
  title: 'strings',
  isCertain: true,
  steps,
  inspection: KEYS.flatMap((name) => [
    ['GET', name],
    ['OBJECT', 'ENCODING', name],
    ['PEXPIRETIME', name],
  ]),
  agree: () => 'exact',
  // An expiry that was relative has become a time of day.
  normalize: (text) => text.replace(/(\$13\r\n|:)1[789][0-9]{8,11}\r\n/g, '<time>'),
})
