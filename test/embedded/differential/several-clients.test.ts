import fc from 'fast-check'
import { same } from './both.ts'
import { command, word } from './generate.ts'
import { SEED } from './seed.ts'
import { normalize, play } from './sessions.ts'
import { TwoServers } from './two-servers.ts'

const CLIENTS = 4
const STEPS = 60
const RUNS = Math.ceil(Number(process.env.DIFFERENTIAL_COMMANDS ?? 3000) / (STEPS / 2))

const key = word('a', 'b', 'c')
const channel = word('x', 'y')
const db = word('0', '1')
const step = fc.oneof(
  { weight: 3, arbitrary: command('SET', key, word('1', '2')) },
  { weight: 2, arbitrary: command('GET', key) },
  { weight: 2, arbitrary: command('INCR', key) },
  { weight: 2, arbitrary: command('DEL', key) },
  { weight: 3, arbitrary: command('RPUSH', word('l', 'm'), word('1', '2')) },
  command('LRANGE', word('l', 'm'), '0', '-1'),
  command('EXPIRE', key, '1000'),
  command('RENAME', key, key),
  command('COPY', key, key, 'REPLACE'),
  command('MOVE', key, db),
  { weight: 4, arbitrary: command('WATCH', key) },
  command('UNWATCH'),
  { weight: 6, arbitrary: command('MULTI') },
  { weight: 6, arbitrary: command('EXEC') },
  command('DISCARD'),
  command('FLUSHDB'),
  command('SWAPDB', '0', '1'),
  { weight: 2, arbitrary: command('SELECT', db) },
  { weight: 2, arbitrary: command('BLPOP', word('l', 'm'), '0') },
  command('BLMOVE', 'l', 'm', 'LEFT', 'RIGHT', '0'),
  { weight: 2, arbitrary: command('SUBSCRIBE', channel) },
  command('PSUBSCRIBE', 'x*'),
  command('SSUBSCRIBE', channel),
  { weight: 2, arbitrary: command('UNSUBSCRIBE', channel) },
  command('PUNSUBSCRIBE', 'x*'),
  command('SUNSUBSCRIBE', channel),
  { weight: 4, arbitrary: command('PUBLISH', channel, word('hello', 'bye')) },
  command('SPUBLISH', channel, 'part'),
  command('PUBSUB', word('NUMSUB', 'SHARDNUMSUB'), 'x', 'y'),
  command('PUBSUB', 'NUMPAT'),
  command('PING'),
  command('PING', 'there'),
  command('HELLO', word('2', '3')),
  command('RESET'),
  command('CLIENT', 'REPLY', word('ON', 'OFF', 'SKIP')),
  command('CLIENT', 'GETNAME'),
  command('EVAL', `"redis.call('SET', KEYS[1], 'x') return redis.call('PUBLISH', 'x', 'from-a-script')"`, '1', key),
  command('NONE', 'x'),
  command('GET'),
)
const session = fc
  .array(fc.tuple(fc.integer({ min: 1, max: CLIENTS }), step), { minLength: 1, maxLength: STEPS, size: 'max' })
  .map((steps) => steps.map(([client, argv]) => `${client}~ ${argv.join(' ')}`).join('\n'))

describe('several clients, compared with Redis', function () {
  this.timeout(60_000 + RUNS * 500)
  const two = new TwoServers()

  it('are told the same', async () => {
    const property = fc.asyncProperty(session, async (steps) => {
      const [ours, theirs] = await Promise.all(two.ports.map((port) => play(port, steps)))
      for (const [client, text] of theirs!.entries())
        same(`client ${client + 1}`, normalize(ours![client]!), normalize(text))
    })
    await fc.assert(property, { numRuns: RUNS, seed: SEED })
  })
})
