import { expect } from 'chai'
import fc from 'fast-check'
import type { RawClient } from '../helpers/raw-client.ts'
import { contents } from '../persistence/contents.ts'
import type { Argv } from './both.ts'
import { command, some, word } from './generate.ts'
import { SEED } from './seed.ts'
import { TwoServers } from './two-servers.ts'

const COMMANDS = Number(process.env.DIFFERENTIAL_COMMANDS ?? 4000)
/** Commands of one run: they make the keys that are handed over. */
const PER_RUN = 30

/** Elements of every form in which Redis packs one: integers of all widths, short and long text, text that compresses. */
const element = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.integer({ min: -5000, max: 70_000 }).map(String),
  word('', '0', '-0', '007', '12345678901234567890', '\xff\0\r\n', 'x'.repeat(63), 'x'.repeat(64), 'y'.repeat(200)),
  word('abc'.repeat(2000), 'z'.repeat(5000), 'ab'.repeat(40_000)),
  fc.string({ unit: 'binary-ascii', maxLength: 300 }),
)
const short = fc.oneof(
  fc.integer().map(String),
  fc.string({ unit: 'binary-ascii', maxLength: 12 }),
  word('9223372036854775807', '-9223372036854775808', '32768', '-129'),
)
const score = fc.oneof(fc.double({ noNaN: true }).map(String), word('inf', '-inf', '0', '-0', '1', '3', '1e-300'))
const many = (part: fc.Arbitrary<string | string[]>) => fc.oneof(some(part, 1, 5), some(part, 100, 700))

const id = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 3 })).map((parts) => parts.join('-'))
const fields = fc.oneof(
  fc.tuple(short, element).map((pair) => ['f', pair[0], 'g', pair[1]]),
  some(
    fc.tuple(short, short).map((pair) => [...pair]),
    1,
    3,
  ),
)
const group = word('g0', 'g1')
const consumer = word('alice', 'bob')

const makers = fc.oneof(
  command('SET', word('s0', 's1'), element),
  command('APPEND', word('s1', 's2'), element),
  command('RPUSH', word('l0', 'l1'), many(element)),
  command('SADD', word('i0', 'i1'), many(fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer()).map(String))),
  command('SADD', 'i2', many(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String))),
  command('SADD', word('t0', 't1'), many(element)),
  command('HSET', word('h0', 'h1'), many(fc.tuple(short, short).map((pair) => [...pair]))),
  command('HSET', 'h2', many(fc.tuple(element, element).map((pair) => [...pair]))),
  command('ZADD', word('z0', 'z1'), many(fc.tuple(score, short).map((pair) => [...pair]))),
  command('ZADD', 'z2', many(fc.tuple(score, element).map((pair) => [...pair]))),
  command('EXPIRE', word('s0', 'l0', 'h0'), word('100000', '200000')),
)
const stream = fc.oneof(
  { weight: 6, arbitrary: command('XADD', 'x0', word('5-*', '7-*', '9-*', '12-*'), fields) },
  command('XADD', 'x0', word('18446744073709551615-1'), fields),
  { weight: 3, arbitrary: command('XDEL', 'x0', some(id, 1, 3)) },
  command('XTRIM', 'x0', 'MAXLEN', word('0', '3', '100')),
  { weight: 2, arbitrary: command('XGROUP', 'CREATE', 'x0', group, word('0', '$', '7-1', '3')) },
  command('XGROUP', 'CREATECONSUMER', 'x0', group, consumer),
  command('XGROUP', 'CREATE', 'empty', group, '$', 'MKSTREAM'),
  { weight: 4, arbitrary: command('XREADGROUP', 'GROUP', group, consumer, 'COUNT', '3', 'STREAMS', 'x0', '>') },
  command('XACK', 'x0', group, some(id, 1, 3)),
  command('XCLAIM', 'x0', group, consumer, '0', some(id, 1, 3), 'RETRYCOUNT', word('0', '7', '300')),
  command('XSETID', 'x0', '18446744073709551615-5', 'ENTRIESADDED', '99999999999', 'MAXDELETEDID', '3-3'),
)
const bulk = fc
  .tuple(fc.integer({ min: 50, max: 250 }), fields)
  .map(([count, drawn]): Argv[] => Array.from({ length: count }, (_, i) => ['XADD', 'x1', '*', 'i', `${i}`, ...drawn]))

const script = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: makers.map((argv) => [argv]) },
      { weight: 12, arbitrary: stream.map((argv) => [argv]) },
      { weight: 1, arbitrary: bulk },
    ),
    { minLength: 1, maxLength: PER_RUN, size: 'max' },
  )
  .map((steps) => steps.flat())

const KEYS = ['s0', 's1', 's2', 'l0', 'l1', 'i0', 'i1', 'i2', 't0', 't1', 'h0', 'h1', 'h2', 'z0', 'z1', 'z2']
const STREAMS = ['x0', 'x1', 'empty']
const QUESTIONS = [
  ['OBJECT', 'ENCODING'],
  ['XINFO', 'STREAM'],
]

describe('DUMP and RESTORE, between here and Redis', function () {
  this.timeout(60_000 + COMMANDS * 10)
  const two = new TwoServers()

  /** Runs a script on one side, hands every key over to the other, and compares what both hold then. */
  async function handOver(script: readonly Argv[], from: RawClient, to: RawClient): Promise<void> {
    for (const client of two.clients) await client.call('FLUSHALL')
    for (const argv of script) from.send(...argv)
    await from.replies(script.length)
    const ports = from === two.clients[0] ? two.ports : two.ports.toReversed()
    const before = await contents(ports[0]!)
    for (const key of [...KEYS, ...STREAMS]) {
      const payload = bulkOf(await from.call('DUMP', key))
      if (payload === undefined) continue
      const expiry = (await from.call('PEXPIRETIME', key)).slice(1, -2)
      const ttl = expiry === '-1' ? '0' : expiry
      // Both take it: what grew large and is small again is packed as a small one by whoever loads it.
      for (const client of [from, to]) {
        expect(await client.call('RESTORE', key, ttl, payload, 'ABSTTL', 'REPLACE'), key).to.equal('+OK\r\n')
      }
      for (const question of QUESTIONS) {
        const [a, b] = await Promise.all([from, to].map((client) => client.call(...question, key)))
        expect(b, `${question} ${key}`).to.equal(a)
      }
    }
    for (const port of ports) expect(await contents(port)).to.deep.equal(before)
    for (const key of STREAMS) {
      const [a, b] = await Promise.all(two.clients.map((client) => client.call('XINFO', 'STREAM', key, 'FULL')))
      expect(a).to.equal(b, key)
    }
  }

  for (const direction of ['from here to Redis', 'from Redis to here'] as const) {
    it(`hands over what both hold alike, ${direction}`, async () => {
      const property = fc.asyncProperty(script, async (commands) => {
        const [ours, theirs] = two.clients as [RawClient, RawClient]
        if (direction === 'from here to Redis') await handOver(commands, ours, theirs)
        else await handOver(commands, theirs, ours)
      })
      await fc.assert(property, { numRuns: Math.ceil(COMMANDS / 200), seed: SEED, endOnFailure: true })
    })
  }
})

/** The bytes of a bulk string; `undefined` of null. */
function bulkOf(reply: string): string | undefined {
  return reply.startsWith('$-') ? undefined : reply.slice(reply.indexOf('\r\n') + 2, -2)
}
