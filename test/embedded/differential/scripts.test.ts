import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { COMMANDS } from '../../../lib/embedded/commands/all.ts'
import { isNewer } from '../helpers/newer.ts'
import { RawClient } from '../helpers/raw-client.ts'
import { needReferenceRedis } from '../helpers/reference-redis.ts'
import { Both } from './both.ts'
import { SEED } from './seed.ts'

const RUNS = Number(process.env.DIFFERENTIAL_COMMANDS ?? 4000) / 40

const scripts = readFileSync(join(import.meta.dirname, 'scripts.txt'), 'latin1')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

/** What Redis says of a command that scripts may not call; nothing if they may. */
function refusal(reply: string): string {
  return /^-ERR (Unknown|Wrong number|This Redis command|Write commands|.*from scripts)/.test(reply) ? reply : ''
}

describe('scripts, compared with Redis', function () {
  this.timeout(60_000)
  let both: Both
  let clients: readonly RawClient[]
  before(async function () {
    needReferenceRedis.call(this)
    both = await Both.start()
    clients = await Promise.all(both.ports.map((port) => RawClient.connect(port)))
  })
  after(() => both?.[Symbol.asyncDispose]())

  /** Sends commands to both and expects the same bytes. */
  async function same(...commands: readonly (readonly string[])[]): Promise<void> {
    const [embedded, real] = await Promise.all(
      clients.map((client) => {
        for (const argv of commands) client.send(...argv)
        return client.replies(commands.length)
      }),
    )
    for (const [i, argv] of commands.entries()) expect(embedded![i], JSON.stringify(argv)).to.equal(real![i])
  }

  for (const protocol of ['2', '3']) {
    it(`answer the same in RESP${protocol}`, async () => {
      await same(['FLUSHALL'])
      for (const client of clients) await client.call('HELLO', protocol)
      await same(...scripts.map((script) => ['EVAL', script, '1', 'kk', 'vv', '7']))
    })
  }

  it('draw the same numbers', async () => {
    const draw = ['EVAL', 'return {tostring(math.random()), math.random(1000), math.random(-5, 5)}', '0']
    await same(['EVAL', 'math.randomseed(42)', '0'], draw, draw)
  })

  it('are found, refused and described the same', async () => {
    const sha = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db'
    await same(
      ['SCRIPT', 'FLUSH'],
      ['EVALSHA', sha, '0'],
      ['EVALSHA', 'short', '0'],
      ['EVALSHA', 'short', 'x'],
      ['SCRIPT', 'LOAD', 'return 1'],
      ['SCRIPT', 'EXISTS', 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db', 'E0E1F9FABFC9D4800C877A703B823AC0578FF8DB', 'x'],
      ['EVALSHA', sha.toUpperCase(), '0'],
      ['EVALSHA_RO', sha, '1', 'k'],
      ['SCRIPT', 'LOAD', 'return ='],
      ['SCRIPT', 'FLUSH', 'ASYNC'],
      ['SCRIPT', 'EXISTS', sha],
      ...['x', 'sync'].map((mode) => ['SCRIPT', 'FLUSH', mode]),
      ['SCRIPT', 'FLUSH', 'SYNC', 'x'],
      ['SCRIPT', 'KILL'],
      ['SCRIPT', 'HELP'],
      ['SCRIPT', 'NOPE'],
      ['SCRIPT'],
      ['SCRIPT', 'LOAD'],
      ...['-1', '2', 'x', '1.5', '', '99999999999999999999'].map((count) => ['EVAL', 'return KEYS', count, 'k']),
      ['EVAL', 'return 1'],
      ...['eval', 'evalsha', 'eval_ro', 'evalsha_ro'].map((name) => ['COMMAND', 'INFO', name]),
      ['COMMAND', 'GETKEYS', 'EVAL', 'x', '2', 'a', 'b', 'c'],
    )
  })

  it('may not block', async () => {
    await same(
      ['FLUSHALL'],
      ['XADD', 's', '1-1', 'a', 'b'],
      ['XGROUP', 'CREATE', 's', 'g', '0'],
      ...[
        'BLOCK 0 STREAMS s $',
        'BLOCK 10 STREAMS s 0',
        'COUNT 1 BLOCK 0 STREAMS s 0',
        'NOACK BLOCK 0 STREAMS s 0',
        'COUNT x BLOCK 0 STREAMS s 0',
        'BLOCK x STREAMS s 0',
        'BLOCK -1 STREAMS s 0',
        'BLOCK 0 STREAMS s',
        'BLOCK 0 FOO s 0',
        'FOO BLOCK 0 s 0',
        'STREAMS BLOCK 0',
        'STREAMS s 0 BLOCK',
        'STREAMS s 0',
      ].flatMap((options) =>
        ['XREAD', 'xread', 'XREADGROUP GROUP g c', 'XREADGROUP GROUP none c'].flatMap((name) =>
          ['call', 'pcall'].map((how) => [
            'EVAL',
            `return redis.${how}(unpack(ARGV))`,
            '0',
            ...`${name} ${options}`.split(' '),
          ]),
        ),
      ),
      // Only scripts: in a transaction it answers at once.
      ['MULTI'],
      ['XREAD', 'BLOCK', '0', 'STREAMS', 's', '$'],
      ['EVAL', "return redis.call('XREAD', 'BLOCK', 0, 'STREAMS', 's', '$')", '0'],
      ['EXEC'],
    )
  })

  it('may call the same commands', async () => {
    const shared = COMMANDS.filter(({ since }) => !isNewer(since))
    const names = shared.flatMap(({ name, subcommands = [] }) => [
      [name],
      ...subcommands.filter(({ since }) => !isNewer(since)).map((subcommand) => [name, subcommand.name]),
    ])
    const further = [[], ['k'], ['k', '0'], ['k', 'a', '0'], ['0', '1', 'k', 'LEFT'], ['k', 'a', 'LEFT', 'RIGHT', '0']]
    for (const command of ['EVAL', 'EVAL_RO']) {
      for (const argv of names.flatMap((name) => further.map((rest) => [...name, ...rest]))) {
        const call = [command, 'return redis.call(unpack(ARGV))', '0', ...argv]
        const [embedded, real] = await Promise.all(clients.map((client) => client.call(...call)))
        expect(refusal(embedded!), argv.join(' ')).to.equal(refusal(real!))
      }
    }
  })

  it('are not debugged', async () => {
    // Redis refuses this in a pipeline.
    for (const mode of ['no', 'maybe']) await same(['SCRIPT', 'DEBUG', mode])
  })

  it('may do what their first line and their command allow', async () => {
    const write = "redis.call('SET', 'a', 'b') return 1"
    const firstLines = [
      '#!lua',
      '#!lua flags=no-writes',
      '#!lua flags=allow-stale,no-cluster',
      '#!lua flags=allow-oom,allow-cross-slot-keys',
      '#!lua flags=',
      '#!lua flags=nope',
      '#!lua flags=no-writes,,',
      '#!lua name=x',
      '#!lua "flags=no-writes"',
      '#!python',
      '#!',
    ]
    const texts = [
      write,
      'return 1',
      ...firstLines,
      ...firstLines.flatMap((line) => [`${line}\n${write}`, `${line}\nx=1`]),
    ]
    await same(...texts.flatMap((text) => ['EVAL', 'EVAL_RO'].map((command) => [command, text, '0'])))
    await same(
      ['EVAL_RO', "return redis.pcall('PUBLISH', 'a', 'b')", '0'],
      ['EVAL_RO', "return redis.call('GET', 'a')", '0'],
    )
  })

  const json = fc.oneof(
    fc.json({ maxDepth: 4 }),
    fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify([value, value])),
  )
  /** Now and then a character is lost, added or changed. */
  const spoiltJson = fc
    .tuple(json, fc.nat(), fc.constantFrom('', '"', '\\', ',', '}', '\0', '0x1', 'nan', '\x7f\xff', '\\ud83d'))
    .map(([text, at, put]) => text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1))
  const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
  const bytes = fc.uint8Array({ maxLength: 24 }).map((array) => Buffer.from(array).toString('latin1'))
  const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.maxSafeInteger())

  const CONVERSIONS: readonly (readonly [title: string, argument: fc.Arbitrary<string>, script: string])[] = [
    ['JSON both ways', json.map(latin1), 'return cjson.encode(cjson.decode(ARGV[1]))'],
    ['JSON that is none', spoiltJson.map(latin1), 'return cjson.encode(cjson.decode(ARGV[1]))'],
    ['tables that are returned', json.map(latin1), 'return cjson.decode(ARGV[1])'],
    [
      'MessagePack',
      json.map(latin1),
      'local p = cmsgpack.pack(cjson.decode(ARGV[1])) return {p, cjson.encode(cmsgpack.unpack(p))}',
    ],
    ['MessagePack that is none', bytes, 'return {cmsgpack.unpack(ARGV[1])}'],
    [
      'numbers',
      number.map(String),
      `local n = tonumber(ARGV[1]) return {n, tostring(n), cjson.encode(n), cmsgpack.pack(n), redis.call('ECHO', n), n .. '',
       string.format('%.17g %5.2e %g', n, n, n), struct.pack('>dfi', n, n, n % 1000), {double = n}}`,
    ],
    [
      'integers',
      fc.maxSafeInteger().map(String),
      `local n = tonumber(ARGV[1]) return {string.format('%d %x %o %u %5d|%-25d|%+.20d|%025d', n, n, n, n, n, n, n, n),
       bit.tobit(n), bit.tohex(n), bit.bswap(n), bit.rol(n, 7), struct.pack('<i8>I4', n, n % 65536), tonumber(string.format('%x', math.abs(n)), 16)}`,
    ],
    [
      'binary text',
      bytes,
      "return {ARGV[1], #ARGV[1], redis.call('ECHO', ARGV[1]), redis.sha1hex(ARGV[1]), string.format('%q', ARGV[1]), cjson.encode(ARGV[1]), struct.unpack('c0', ARGV[1]..'') }",
    ],
    ['structs', bytes, "return {struct.unpack('<bHi4>i3!4dfs', ARGV[1])}"],
  ]
  for (const [title, argument, script] of CONVERSIONS) {
    it(`convert the same: ${title}`, async () => {
      const batch = fc.array(argument, { minLength: 10, maxLength: 20 })
      const property = fc.asyncProperty(batch, async (drawn) => {
        await same(...drawn.map((one) => ['EVAL', script, '0', one]))
      })
      await fc.assert(property, { numRuns: Math.ceil(RUNS / CONVERSIONS.length), seed: SEED })
    })
  }
})
