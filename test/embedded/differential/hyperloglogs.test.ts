import fc from 'fast-check'
import { command, some, spoilt, word } from './generate.ts'
import { differentialSuite } from './suite.ts'

const KEYS = ['p0', 'p1', 'p2', 'p3']
const key = fc.oneof({ weight: 20, arbitrary: word(...KEYS) }, { weight: 1, arbitrary: word('none', 'str', 'list') })
const element = fc.oneof(
  { weight: 6, arbitrary: fc.nat(400).map(String) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 40 }) },
  { weight: 1, arbitrary: word('', '\xff\0\r\n', 'x'.repeat(100), 'y'.repeat(8), 'z'.repeat(1001)) },
)
/** Many at once, so that the form changes; they begin anywhere, so that rare hashes come up. */
const batch = fc
  .tuple(fc.nat(1_000_000_000), fc.constantFrom(30, 200, 500, 1500))
  .map(([from, count]) => Array.from({ length: count }, (_, i) => `e${from + i}`))
const HEAD = 'HYLL\x01\0\0\0\0\0\0\0\0\0\0\0'
const EMPTY = `${HEAD}\x7f\xff`
/** Strings that are almost HyperLogLogs, and some that Redis would not have made so itself. */
const made = word(
  '',
  '17',
  'HYLL',
  HEAD,
  HEAD.slice(1),
  EMPTY,
  EMPTY.replace('HYLL', 'HYLA'),
  EMPTY.replace('\x01', '\x02'),
  EMPTY.replace('\x01', '\x00'),
  `${EMPTY}\x00`,
  `${HEAD}\x7f\xfe`,
  `${HEAD}\x7f\xfe\x80`,
  `${HEAD}\x7f\xfe\x83`,
  `${HEAD}\x80\x80\x80\x80\x80\x80\x7f\xf9`,
  `${HEAD.slice(0, 8)}\x07\0\0\0\0\0\0\x00\x7f\xff`,
  `${HEAD.slice(0, 8)}\x07\0\0\0\0\0\0\x80\x7f\xff`,
  `HYLL${'\0'.repeat(12_300)}`,
  `HYLL${'\0'.repeat(12_299)}`,
  `HYLL${'\0'.repeat(12)}${'\x41'.repeat(12_288)}`,
)

const steps = spoilt(
  fc.oneof(
    { weight: 6, arbitrary: command('PFADD', key, some(element, 0, 5)) },
    { weight: 3, arbitrary: command('PFADD', key, batch) },
    { weight: 4, arbitrary: command('PFCOUNT', key) },
    { weight: 2, arbitrary: command('PFCOUNT', some(key, 1, 3)) },
    { weight: 3, arbitrary: command('PFMERGE', key, some(key, 0, 3)) },
    { weight: 3, arbitrary: command('GET', key) },
    { weight: 2, arbitrary: command('DEL', key) },
    command('PFDEBUG', word('ENCODING', 'DECODE', 'TODENSE', 'GETREG', 'x'), key),
    command('OBJECT', 'ENCODING', key),
    command('EXPIRE', key, '100000'),
    command('COPY', key, key, 'REPLACE'),
    command('RPUSH', 'list', 'v'),
    command('SET', 'str', 'v'),
    command('CONFIG', 'SET', 'hll-sparse-max-bytes', word('3000', '3000', '0', '40', '300', '16000')),
  ),
).map((argv) => [argv])

/** What was not made by PFADD is asked and changed once: an element that finds a damaged one may have changed it. */
const foreign = fc
  .tuple(
    made,
    fc.oneof(
      command('PFADD', 'made', element),
      command('PFCOUNT', 'made'),
      command('PFCOUNT', 'made', key),
      command('PFMERGE', 'made', key),
      command('PFMERGE', key, 'made'),
      command('PFDEBUG', word('ENCODING', 'TODENSE'), 'made'),
    ),
  )
  .map(([text, argv]) => [
    ['SET', 'made', text],
    argv,
    ['GET', 'made'],
    ['OBJECT', 'ENCODING', 'made'],
    ['DEL', 'made'],
  ])

differentialSuite({
  title: 'HyperLogLogs',
  steps: fc.oneof({ weight: 10, arbitrary: steps }, { weight: 1, arbitrary: foreign }),
  inspection: [
    ...KEYS.flatMap((name) => [
      ['GET', name],
      ['PFCOUNT', name],
      ['GET', name],
    ]),
    ['CONFIG', 'SET', 'hll-sparse-max-bytes', '3000'],
  ],
  agree: () => 'exact',
  normalize: (text) => text.replace(/(\$13\r\n|:)1[789][0-9]{8,11}\r\n/g, '<time>'),
})
