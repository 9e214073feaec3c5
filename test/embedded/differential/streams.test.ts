import fc from 'fast-check'
import { command, count, maybe, sequence, some, spoilt, word } from './generate.ts'
import { differentialSuite } from './suite.ts'

const KEYS = ['x0', 'x1', 'x2']
const key = fc.oneof({ weight: 20, arbitrary: word(...KEYS) }, { weight: 1, arbitrary: word('str', 'none') })
const group = fc.oneof({ weight: 10, arbitrary: word('g1', 'g0') }, { weight: 1, arbitrary: word('none', '') })
const consumer = word('alice', 'bob', 'carol', 'Zoe', '')
const field = word('f', 'g', 'a longer name', '17', '')
const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -300, max: 70_000 }).map(String) },
  { weight: 3, arbitrary: word('v', '', '-0', '007', '9223372036854775807', '4294967296', '\xff\0\r\n') },
  { weight: 1, arbitrary: fc.integer({ min: 60, max: 700 }).map((length) => 'x'.repeat(length)) },
)
const fields = some(sequence(field, value), 1, 3)

/** Ids close together, so that commands meet; some at the ends of the range, some that are none. */
const id = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 3 })).map((parts) => parts.join('-')),
  },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 10 }).map(String) },
  { weight: 1, arbitrary: word('18446744073709551615-18446744073709551615', '18446744073709551615', '0-0', '0') },
  {
    weight: 1,
    arbitrary: word(
      'x',
      '',
      '-',
      '+',
      '$',
      '>',
      '*',
      '1-*',
      '1-',
      '-1',
      '1-x',
      '1-1-1',
      '+5-01',
      '5-+1',
      ' 3',
      '3 ',
      '1--1',
    ).map((text) => text),
  },
  { weight: 1, arbitrary: word('18446744073709551616', '5\0x', '(5', '1--01', '99999999999999999999999') },
)
const bound = fc.oneof(
  { weight: 4, arbitrary: word('-', '+') },
  { weight: 4, arbitrary: id },
  { weight: 2, arbitrary: id.map((text) => `(${text}`) },
)
const trim = fc.oneof(
  sequence('MAXLEN', maybe(word('~', '=')), fc.oneof(fc.integer({ min: 0, max: 30 }).map(String), count)),
  sequence('MINID', maybe(word('~', '=')), id),
)
const trimming = sequence(trim, maybe('LIMIT', word('0', '1', '10', '-1', 'x', '1000')), maybe(trim))
/** Long enough that no run takes as long. */
const idleMs = word('0', '0', '50000', '100000', '-1', '9223372036854775807', 'x')
const pause = word('-1', 'x', '9223372036854775808', '1')

/** An id after all that came before, now and then a jump over the whole block. */
const newId = word('*', '1-*', '5-*', '8-*', '9-*', '10-*', '18446744073709551615-*', '0-*')
const add = fc.oneof(
  {
    weight: 3,
    arbitrary: command(
      'XADD',
      key,
      fc.oneof(
        id,
        newId.filter((text) => text !== '*'),
      ),
      fields,
    ),
  },
  {
    weight: 6,
    arbitrary: command(
      'XADD',
      key,
      fc.integer({ min: 5, max: 20 }).map((ms) => `${ms}-*`),
      fields,
    ),
  },
  { weight: 2, arbitrary: command('XADD', key, maybe('NOMKSTREAM'), trimming, word('9-*', '15-*', '30-*'), fields) },
  { weight: 1, arbitrary: command('XADD', key, maybe(trimming), maybe('NOMKSTREAM'), maybe('LIMIT', '3'), id, fields) },
)
const claimOptions = sequence(
  maybe(word('FORCE', 'FORCE', 'JUSTID')),
  maybe('IDLE', idleMs),
  maybe('TIME', word('5', '-1', '-5', '9999999999999', 'x')),
  maybe('RETRYCOUNT', count),
  maybe('LASTID', id),
  maybe(word('JUSTID', 'FORCE', 'WHAT', 'idle')),
)

const single = spoilt(
  fc.oneof(
    { weight: 14, arbitrary: add },
    { weight: 3, arbitrary: command('XDEL', key, some(id, 1, 3)) },
    command('XLEN', key),
    {
      weight: 2,
      arbitrary: command('XTRIM', key, fc.oneof({ weight: 9, arbitrary: trimming }, sequence('LIMIT', word('0', '3')))),
    },
    { weight: 2, arbitrary: command('XRANGE', key, bound, bound, maybe('COUNT', count)) },
    { weight: 2, arbitrary: command('XREVRANGE', key, bound, bound, maybe('COUNT', count)) },
    { weight: 2, arbitrary: command('XREAD', maybe('COUNT', count), maybe('BLOCK', pause), 'STREAMS', key, id) },
    command('XREAD', maybe('COUNT', count), 'STREAMS', key, key, id, id),
    command('XREAD', maybe('NOACK'), maybe('GROUP', group, consumer), 'STREAMS', key, key, id),
    {
      weight: 3,
      arbitrary: command('XGROUP', 'CREATE', key, group, id, maybe('MKSTREAM'), maybe('ENTRIESREAD', count)),
    },
    { weight: 2, arbitrary: command('XGROUP', 'CREATE', key, group, word('$', '0'), 'MKSTREAM') },
    {
      weight: 2,
      arbitrary: command('XGROUP', 'SETID', key, group, id, maybe('ENTRIESREAD', count), maybe('MKSTREAM')),
    },
    command('XGROUP', 'DESTROY', key, group),
    command('XGROUP', 'CREATECONSUMER', key, group, consumer),
    command('XGROUP', 'DELCONSUMER', key, group, consumer),
    {
      weight: 8,
      arbitrary: command(
        'XREADGROUP',
        'GROUP',
        group,
        consumer,
        maybe('COUNT', count),
        maybe('NOACK'),
        'STREAMS',
        key,
        fc.oneof({ weight: 3, arbitrary: word('>') }, { weight: 1, arbitrary: id }),
      ),
    },
    command(
      'XREADGROUP',
      'GROUP',
      group,
      consumer,
      maybe('BLOCK', pause),
      'STREAMS',
      key,
      key,
      '>',
      word('>', '0', '$'),
    ),
    { weight: 3, arbitrary: command('XACK', key, group, some(id, 1, 3)) },
    { weight: 2, arbitrary: command('XPENDING', key, group) },
    {
      weight: 2,
      arbitrary: command('XPENDING', key, group, maybe('IDLE', idleMs), bound, bound, count, maybe(consumer)),
    },
    { weight: 4, arbitrary: command('XCLAIM', key, group, consumer, idleMs, some(id, 1, 3), claimOptions) },
    {
      weight: 3,
      arbitrary: command('XAUTOCLAIM', key, group, consumer, idleMs, bound, maybe('COUNT', count), maybe('JUSTID')),
    },
    { weight: 2, arbitrary: command('XINFO', 'STREAM', key, maybe('FULL', maybe('COUNT', count))) },
    { weight: 2, arbitrary: command('XINFO', 'GROUPS', key) },
    command('XINFO', 'CONSUMERS', key, group),
    command('XGROUP', word('HELP', 'help', 'what', 'CREATE', 'STREAM')),
    command('XINFO', word('HELP', 'help', 'what', 'STREAM', 'GROUPS')),
    command('XSETID', key, id, maybe('ENTRIESADDED', count), maybe('MAXDELETEDID', id)),
    command('DEL', key),
    command('COPY', key, key, maybe('REPLACE')),
    command('RENAME', key, key),
    command('SET', 'str', 'v'),
    command('OBJECT', 'ENCODING', key),
    command('CONFIG', 'SET', word('stream-node-max-entries'), word('100', '3', '1', '0')),
    command('CONFIG', 'SET', word('stream-node-max-bytes'), word('4096', '0', '200')),
  ),
).map((argv) => [argv])

/** Enough at once to fill blocks by their number of entries or by their bytes. */
const many = fc
  .tuple(key, fc.integer({ min: 20, max: 230 }), fields, fc.integer({ min: 0, max: 1000 }))
  .map(([name, length, drawn, first]) =>
    Array.from({ length }, (_, i) => ['XADD', name, `${100 + first}-*`, ...drawn, 'i', `${i * 37}`]),
  )

/** An id that the server makes tells the time of day, so its stream does not last. */
const now = fc
  .tuple(command('XADD', 'auto', maybe(trimming), '*', fields), command('XRANGE', 'auto', '-', '+'))
  .map(([xadd, xrange]) => [xadd, xrange, ['DEL', 'auto']])

differentialSuite({
  title: 'streams',
  steps: fc.oneof({ weight: 60, arbitrary: single }, { weight: 1, arbitrary: many }, { weight: 1, arbitrary: now }),
  inspection: [
    ...KEYS.flatMap((name) => [
      ['XINFO', 'STREAM', name],
      ['XINFO', 'STREAM', name, 'FULL', 'COUNT', '0'],
      ['XINFO', 'GROUPS', name],
      ['XTRIM', name, 'MAXLEN', '~', '20'],
      ['XRANGE', name, '-', '+'],
    ]),
    ['CONFIG', 'SET', 'stream-node-max-entries', '100'],
    ['CONFIG', 'SET', 'stream-node-max-bytes', '4096'],
  ],
  agree: () => 'exact',
  isCertain: true,
  normalize: (text) =>
    text
      // Where `ms-*` finds no sequence number left, Redis gives the text of whatever error was the last.
      .replace(
        'Elements are too large to be stored',
        'The ID specified in XADD is equal or smaller than the target stream top item',
      )
      .replace(/\b1[78]\d{11}\b/g, 'now')
      .replace(/(\$4\r\nidle\r\n:)(\d+)/g, (_, head: string, idle: string) => head + roughly(idle))
      .replace(
        /(\*4\r\n\$\d+\r\n[0-9-]+\r\n\$\d+\r\n\w*\r\n:)(\d+)/g,
        (_, head: string, idle: string) => head + roughly(idle),
      ),
})

/** Times pass while a script runs, but not as many seconds. */
function roughly(ms: string): string {
  return `about ${Math.floor(Number(ms) / 10_000)}`
}
