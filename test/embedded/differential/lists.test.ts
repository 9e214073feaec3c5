import fc from 'fast-check'
import { command, counted, integer, maybe, sequence, some, spoilt, word } from './generate.ts'
import { differentialSuite } from './suite.ts'

const KEYS = ['a', 'b', 'c', 'str']
const key = word('a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c', 'str', 'none')
const element = word('1', '2', '3', 'x', '', 'y'.repeat(100), '\xff\0\r\n')
const side = word('LEFT', 'RIGHT', 'left', 'x')
const nap = word('0.001', '0.001', '0.002', '-1', 'x', '1e30', '')
const option = fc.oneof(
  sequence('RANK', integer),
  sequence('COUNT', integer),
  sequence('MAXLEN', integer),
  word('COUNT', 'x'),
)

const steps = spoilt(
  fc.oneof(
    { weight: 3, arbitrary: command('RPUSH', key, some(element, 1, 6)) },
    { weight: 3, arbitrary: command('LPUSH', key, some(element, 1, 6)) },
    command('RPUSHX', key, some(element, 1, 3)),
    command('LPUSHX', key, some(element, 1, 3)),
    { weight: 2, arbitrary: command('LPOP', key, maybe(integer)) },
    { weight: 2, arbitrary: command('RPOP', key, maybe(integer)) },
    command('LLEN', key),
    { weight: 2, arbitrary: command('LINDEX', key, integer) },
    { weight: 2, arbitrary: command('LSET', key, integer, element) },
    { weight: 2, arbitrary: command('LRANGE', key, integer, integer) },
    command('LTRIM', key, integer, integer),
    { weight: 2, arbitrary: command('LREM', key, integer, element) },
    { weight: 2, arbitrary: command('LINSERT', key, word('BEFORE', 'AFTER', 'after', 'x'), element, element) },
    { weight: 3, arbitrary: command('LPOS', key, element, some(option, 0, 3)) },
    { weight: 2, arbitrary: command('LMOVE', key, key, side, side) },
    command('RPOPLPUSH', key, key),
    { weight: 2, arbitrary: command('LMPOP', counted(key, 3), side, maybe('COUNT', integer), maybe('COUNT', integer)) },
    command('BLPOP', some(key, 1, 3), nap),
    command('BRPOP', some(key, 1, 3), nap),
    command('BLMOVE', key, key, side, side, nap),
    command('BRPOPLPUSH', key, key, nap),
    { weight: 1, arbitrary: command('BLMPOP', nap, counted(key, 3), side, maybe('COUNT', integer)) },
    command('SET', 'str', 'v'),
    command('DEL', key),
    command('COPY', key, key, maybe('REPLACE')),
    command('OBJECT', 'ENCODING', key),
  ),
)
  // Spoilt, the last word may become a time-out that nobody waits for.
  .filter((argv) => !/^(BL|BR)(?!MPOP)/i.test(argv[0]!) || !/^ ?0*[0-9]+$/.test(argv.at(-1)!))
  .map((argv) => [argv])

differentialSuite({
  title: 'lists',
  isCertain: true,
  steps,
  inspection: [
    ...KEYS.map((name) => ['LRANGE', name, '0', '-1']),
    // Redis looks for clients that have waited long enough this many times a second.
    ['CONFIG', 'SET', 'hz', '500'],
  ],
  agree: () => 'exact',
})
