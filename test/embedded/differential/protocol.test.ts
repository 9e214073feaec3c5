import fc from 'fast-check'
import { encodeCommand, RawClient } from '../helpers/raw-client.ts'
import { same } from './both.ts'
import { SEED } from './seed.ts'
import { TwoServers } from './two-servers.ts'

const RUNS = Math.ceil(Number(process.env.DIFFERENTIAL_COMMANDS ?? 4000) / 10)

/** What clients send that is not, or not quite, the protocol. */
const STREAMS: Readonly<Record<string, string>> = {
  'an argument that begins with another mark': '*2\r\n+x\r\n',
  'an argument of negative length': '*2\r\n$-1\r\n',
  'a count that is no number': '*x\r\n',
  'a count with a blank': '* 1\r\n$4\r\nPING\r\n',
  'a count with a sign': '*+1\r\n$4\r\nPING\r\n',
  'a negative count': '*-5\r\nPING\r\n',
  'an empty count': '*\r\n',
  'a count of nothing': '*0\r\nPING\r\n',
  'a huge count': '*2147483648\r\n',
  'a count beyond 64 bits': '*99999999999999999999\r\n',
  'a length that is no number': '*1\r\n$x\r\n',
  'a huge length': '*1\r\n$536870913\r\n',
  'an empty length': '*1\r\n$\r\n',
  'a length with zeros before it': '*1\r\n$04\r\nPING\r\n',
  'lines that end in a line feed only': '*1\n$4\nPING\n',
  'an argument without its end': '*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n',
  'an empty name': '*1\r\n$0\r\n\r\n',
  'inline commands': 'PING\r\nping\n SET a "b c" \r\nget a\r\n\r\n\n',
  'quotes within inline commands': 'SET "\\x41\\n" \'it\\\'s\'\r\nGET A\\n\r\nGET "A\\n"\r\n""\r\n',
  'a quote that is not closed': 'PING "a\r\n',
  'text behind a quote': 'PING "a"b\r\n',
  'a zero byte in an inline command': 'PING a\0b\r\n',
  'HTTP, posting': 'POST / HTTP/1.1\r\nHost: example.org\r\n\r\nPING\r\n',
  'HTTP, getting': 'GET / HTTP/1.1\r\nHost: example.org\r\n\r\nPING\r\n',
  'a line without end': 'x'.repeat(70_000),
  'a count without end': `*${'1'.repeat(70_000)}`,
  'a length without end': `*1\r\n$${'1'.repeat(70_000)}`,
  'a command that ends halfway': '*2\r\n$4\r\nPING\r\n$3\r\nab',
  'commands behind QUIT': 'PING\r\nQUIT\r\nPING\r\n',
  'commands before an error': 'PING\r\nSET a 1\r\nGET a\r\n*x\r\nPING\r\n',
  'a large argument': `*2\r\n$4\r\nECHO\r\n$300000\r\n${'y'.repeat(300_000)}\r\n`,
}

const argument = fc.oneof(
  fc.constantFrom(
    'PING',
    'ECHO',
    'SET',
    'GET',
    'APPEND',
    'LPUSH',
    'LRANGE',
    'HSET',
    'MULTI',
    'EXEC',
    'a',
    'b',
    '0',
    '-1',
  ),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
)
const stream = fc.array(fc.array(argument, { minLength: 1, maxLength: 4 }).map(encodeCommand), { maxLength: 10 })
const damage = fc.record({
  at: fc.nat(),
  removed: fc.nat({ max: 3 }),
  added: fc.constantFrom('', '\r\n', '*', '$', '\0', '9', '-', '"', ' ', '\xff', '*1\r\n', '$4\r\n'),
})

describe('byte streams, compared with Redis', function () {
  this.timeout(60_000 + RUNS * 20)
  const two = new TwoServers()

  /** Everything the server sends back, from an empty database. */
  async function answer(port: number, bytes: string): Promise<string> {
    const client = await RawClient.connect(port)
    await client.call('FLUSHALL')
    client.write(bytes)
    client.end()
    return await client.untilClosed()
  }

  async function compare(bytes: string): Promise<void> {
    const [ours, theirs] = await Promise.all(two.ports.map((port) => answer(port, bytes)))
    same('answers', ours!, theirs!)
  }

  for (const [title, bytes] of Object.entries(STREAMS)) it(title, () => compare(bytes))

  it('damaged ones', async () => {
    const property = fc.asyncProperty(stream, fc.array(damage, { maxLength: 4 }), async (commands, damages) => {
      let bytes = commands.join('')
      for (const { at, removed, added } of damages) {
        const place = at % (bytes.length + 1)
        bytes = bytes.slice(0, place) + added + bytes.slice(place + removed)
      }
      await compare(bytes)
    })
    await fc.assert(property, { numRuns: RUNS, seed: SEED })
  })
})
