import fc from 'fast-check'
import { bodyOf, DUMPED, OLD, sealed } from '../rdb/payloads.ts'
import { command, maybe, sequence, some, spoilt, word } from './generate.ts'
import { differentialSuite } from './suite.ts'

const KEYS = ['k0', 'k1', 'k2', 'k3']
const key = word(...KEYS)
const good = fc.constantFrom(...Object.values(DUMPED), ...Object.values(OLD))
const text = DUMPED['a string']!
const payload = fc.oneof(
  { weight: 12, arbitrary: good },
  {
    weight: 2,
    arbitrary: word(
      '',
      'x',
      text.slice(1),
      `${text}\0`,
      text.replace('hello', 'hullo'),
      sealed(bodyOf(text), 65535),
      sealed(bodyOf(text), 9),
      sealed(Buffer.alloc(0)),
      sealed(Buffer.of(8)),
      sealed(Buffer.of(6, 1)),
      sealed(Buffer.of(1, 0)),
      sealed(Buffer.of(2, 2, 1, 97, 1, 97)),
      sealed(Buffer.of(5, 1, 1, 97, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f)),
      sealed(Buffer.of(200)),
    ),
  },
)
const ttl = fc.oneof(
  { weight: 4, arbitrary: word('0') },
  { weight: 3, arbitrary: word('100000000', '200000000') },
  word('-1', 'x', '', '9223372036854775808', '1.5'),
)
/** Which is past if it is a time of day. */
const past = word('1', '1000', '1600000000000')
const options = some(
  fc.oneof(
    { weight: 4, arbitrary: word('REPLACE') },
    sequence('IDLETIME', word('0', '1000', '-1', 'x')),
    sequence('FREQ', word('0', '255', '256', '-1', 'x')),
    word('ABSTTL', 'x', 'IDLETIME', 'FREQ'),
  ),
  0,
  3,
)

const steps = spoilt(
  fc.oneof(
    { weight: 12, arbitrary: command('RESTORE', key, ttl, payload, options) },
    { weight: 2, arbitrary: command('RESTORE', key, past, payload, maybe('REPLACE'), 'ABSTTL') },
    { weight: 2, arbitrary: command('RESTORE', key, word('99999999999999'), good, maybe('REPLACE'), 'ABSTTL') },
    { weight: 3, arbitrary: command('DUMP', fc.oneof(key, word('none'))) },
    { weight: 2, arbitrary: command('DEL', key) },
    command('SET', key, 'v'),
    command('EXPIRE', key, '100000'),
    command('TYPE', key),
    command('OBJECT', 'ENCODING', key),
    command('RPUSH', key, 'v'),
    command('HSET', key, 'f', 'v'),
    command('SADD', key, '1'),
    command('CONFIG', 'SET', word('hash-max-listpack-entries', 'zset-max-listpack-entries'), word('1', '128')),
    command('CONFIG', 'SET', word('hash-max-listpack-value', 'zset-max-listpack-value'), word('1', '64')),
    command('CONFIG', 'SET', 'set-max-intset-entries', word('1', '512')),
  ),
)
  // Times of day are none to be counted from now on.
  .filter(
    (argv) => argv.some((word) => word.toUpperCase() === 'ABSTTL') || !/^1(000|6.*)?$|^9{14}$/.test(argv[2] ?? ''),
  )
  .map((argv) => [argv])

differentialSuite({
  title: 'RESTORE',
  steps,
  inspection: [
    ...['hash-max-listpack-entries', 'zset-max-listpack-entries'].map((name) => ['CONFIG', 'SET', name, '128']),
    ...['hash-max-listpack-value', 'zset-max-listpack-value'].map((name) => ['CONFIG', 'SET', name, '64']),
    ['CONFIG', 'SET', 'set-max-intset-entries', '512'],
    ...KEYS.flatMap((name) => [
      ['TYPE', name],
      ['PEXPIRETIME', name],
      ['OBJECT', 'ENCODING', name],
      ['LRANGE', name, '0', '-1'],
      ['ZRANGE', name, '0', '-1', 'WITHSCORES'],
      ['XRANGE', name, '-', '+'],
      ['HLEN', name],
      ['SCARD', name],
      ['GET', name],
    ]),
  ],
  // The same value may be serialized in more than one way.
  agree: ([name]) => (name!.toUpperCase() === 'DUMP' ? 'size' : 'exact'),
  normalize: (text) => text.replace(/(\$13\r\n|:)1[789][0-9]{8,11}\r\n/g, '<time>'),
})
