import fc from 'fast-check'
import { command, count, counted, integer, maybe, sequence, some, spoilt, word } from './generate.ts'
import { differentialSuite } from './suite.ts'

const KEYS = ['s0', 's1', 's2', 's3', 'str', 'list']
const key = fc.oneof(
  { weight: 12, arbitrary: word('s0', 's1', 's2', 's3') },
  { weight: 1, arbitrary: word('str', 'list', 'none') },
)
const member = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -5, max: 15 }).map(String) },
  { weight: 2, arbitrary: word('a', 'b', 'c', '', 'x'.repeat(70), '\xff\0\r\n') },
  {
    weight: 1,
    arbitrary: word('9223372036854775807', '-9223372036854775808', '9223372036854775808', '007', '1.5', '-0'),
  },
)
const scanOptions = sequence(
  maybe('MATCH', word('*', '1*', '[0-4]', '?', 'a')),
  'COUNT',
  word('1000', '1000', '1000', '0', 'x'),
)

const single = spoilt(
  fc.oneof(
    { weight: 6, arbitrary: command('SADD', key, some(member, 1, 6)) },
    { weight: 4, arbitrary: command('SREM', key, some(member, 1, 6)) },
    command('SMEMBERS', key),
    command('SISMEMBER', key, member),
    command('SMISMEMBER', key, some(member, 1, 4)),
    command('SCARD', key),
    { weight: 2, arbitrary: command('SMOVE', key, key, member) },
    { weight: 2, arbitrary: command('SINTER', some(key, 1, 4)) },
    { weight: 2, arbitrary: command('SUNION', some(key, 1, 4)) },
    { weight: 2, arbitrary: command('SDIFF', some(key, 1, 4)) },
    command('SINTERSTORE', key, some(key, 1, 3)),
    command('SUNIONSTORE', key, some(key, 1, 3)),
    command('SDIFFSTORE', key, some(key, 1, 3)),
    { weight: 2, arbitrary: command('SINTERCARD', counted(key, 3), maybe('LIMIT', integer), maybe('LIMIT', integer)) },
    { weight: 2, arbitrary: command('SSCAN', key, word('0', '0', '0', '0', 'x', ''), scanOptions) },
    { weight: 2, arbitrary: command('SRANDMEMBER', key, maybe(count)) },
    command('OBJECT', 'ENCODING', key),
    command('DEL', key),
    command('COPY', key, key, maybe('REPLACE')),
    command('RENAME', key, key),
    command('SET', 'str', 'v'),
    command('RPUSH', 'list', 'v'),
    command('CONFIG', 'SET', 'set-max-intset-entries', word('512', '4')),
  ),
).map((argv) => [argv])

/** What SPOP leaves depends on chance, so its keys do not last longer than a step. */
const pop = fc
  .tuple(
    command('SADD', 'p', some(member, 1, 12)),
    spoilt(command('SPOP', word('p', 'p', 'p', 'absent', 'wrong'), maybe(count))),
  )
  .map(([add, spop]) => [['SET', 'wrong', 'v'], add, spop, ['SCARD', 'p'], ['DEL', 'p']])

const UNORDERED = new Set(['SMEMBERS', 'SINTER', 'SUNION', 'SDIFF'])

differentialSuite({
  title: 'sets',
  isCertain: true,
  steps: fc.oneof({ weight: 12, arbitrary: single }, { weight: 1, arbitrary: pop }),
  inspection: KEYS.flatMap((name) => [
    ['SMEMBERS', name],
    ['OBJECT', 'ENCODING', name],
  ]),
  agree([name]) {
    const upper = name!.toUpperCase()
    if (upper === 'SPOP' || upper === 'SRANDMEMBER') return 'size'
    if (upper === 'SSCAN') return 'scan'
    return UNORDERED.has(upper) ? 'unordered' : 'exact'
  },
  isRandom: (write) => write.includes('\r\n$1\r\np\r\n'),
})
