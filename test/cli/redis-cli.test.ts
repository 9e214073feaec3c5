import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { expect } from 'chai'
import fc from 'fast-check'
import { converse, runScript } from '../../lib/cli/redis-cli/dialogue.ts'
import { parseOptions } from '../../lib/cli/redis-cli/options.ts'
import { Session } from '../../lib/cli/redis-cli/session.ts'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { RequestDecoder } from '../../lib/embedded/resp/decode.ts'
import { needReferenceCli } from '../embedded/helpers/reference-redis.ts'
import { bundled } from '../helpers/bundled.ts'
import { until } from '../helpers/until.ts'

const MAIN = new URL('../../lib/cli/main.ts', import.meta.url)

interface Shown {
  readonly out: string
  readonly complaints: string
}

/** What the real redis-cli makes of these arguments and lines. */
async function theirs(args: readonly string[], input: string): Promise<Shown & { readonly code: number }> {
  const child = spawn('redis-cli', args)
  let [out, complaints] = ['', '']
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    complaints += text
  })
  // It may end without having read anything.
  child.stdin.on('error', () => {}).end(input, 'latin1')
  const [code] = (await once(child, 'close')) as [number]
  return { out: untimed(out), complaints, code }
}

/** What ours makes of them. */
async function ours(args: readonly string[], input: string): Promise<Shown> {
  let [out, complaints] = ['', '']
  const streams = {
    write: (bytes: string): void => {
      out += bytes
    },
    complain: (line: string): void => {
      complaints += `${line}\n`
    },
  }
  const options = parseOptions(args, {})
  const session = new Session(options, options.raw ?? true, streams, true)
  await runScript(session, streams, Readable.from([Buffer.from(input, 'latin1')]))
  session.close()
  return { out: untimed(out), complaints }
}

/** On a busy machine any reply may take long, and is then followed by how long it took. */
function untimed(out: string): string {
  return out.replace(/\(\d+\.\d\ds\)\n/g, '')
}

/** A server that answers `reply 3` with the third of these replies, as bytes. */
async function answering(replies: readonly string[]): Promise<Server> {
  const limits = { maxArguments: 100, maxBulkBytes: 1000, maxRequestBytes: 100_000, authenticated: true }
  const server = createServer((socket: Socket) => {
    const decoder = new RequestDecoder(limits)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      decoder.push(chunk)
      for (let argv = decoder.next(); argv !== undefined; argv = decoder.next()) {
        socket.write(argv[0] === 'reply' ? replies[Number(argv[1])]! : '-ERR unknown\r\n', 'latin1')
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const ELEVEN = Array.from({ length: 11 }, (_, i) => `:${i}\r\n`).join('')
const REPLIES = [
  '+OK\r\n',
  '+with "quotes"\r\n',
  '-ERR broken \\x01\r\n',
  ':42\r\n',
  ':-9223372036854775808\r\n',
  '$5\r\nhello\r\n',
  '$0\r\n\r\n',
  '$-1\r\n',
  '$9\r\na\r\n\t"\\\x07\x00\xff\r\n',
  '*0\r\n',
  '*-1\r\n',
  '*2\r\n$1\r\na\r\n:1\r\n',
  `*11\r\n${ELEVEN}`,
  `*2\r\n*11\r\n${ELEVEN}*1\r\n*2\r\n$1\r\na\r\n*0\r\n`,
  '*3\r\n-ERR in it\r\n$-1\r\n*-1\r\n',
  '_\r\n',
  '#t\r\n',
  '#f\r\n',
  ',3.25\r\n',
  ',inf\r\n',
  ',-1e-10\r\n',
  '=15\r\ntxt:Some "text"\r\n',
  '%0\r\n',
  '~0\r\n',
  '%2\r\n$1\r\na\r\n:1\r\n+b\r\n*2\r\n:1\r\n%1\r\n$1\r\nx\r\n~2\r\n:1\r\n#t\r\n',
  '~2\r\n$1\r\na\r\n*1\r\n_\r\n',
  `%11\r\n${ELEVEN}${ELEVEN}`,
  `%1\r\n*2\r\n:1\r\n:2\r\n%1\r\n+a\r\n*2\r\n:1\r\n%1\r\n+a\r\n=7\r\ntxt:a\nb\r\n`,
  '%1\r\n+k\r\n*1\r\n=7\r\ntxt:a\nb\r\n',
  '%1\r\n+k\r\n%1\r\n*2\r\n:1\r\n:2\r\n+v\r\n',
  '*2\r\n%1\r\n+k\r\n%1\r\n+k\r\n+v\r\n,1.5\r\n',
]

/** Replies of RESP3 within each other, as bytes. */
const { anyReply } = fc.letrec<{ anyReply: string; leaf: string }>((tie) => ({
  leaf: fc.constantFrom(':1\r\n', '+s\r\n', '$3\r\na"b\r\n', '_\r\n', '#t\r\n', ',1.5\r\n', '-ERR x\r\n', '*-1\r\n'),
  anyReply: fc.oneof(
    { depthSize: 'small', withCrossShrink: false },
    tie('leaf'),
    aggregate('*', tie('anyReply'), 1),
    aggregate('~', tie('anyReply'), 1),
    aggregate('%', tie('anyReply'), 2),
  ),
}))

function aggregate(mark: string, element: fc.Arbitrary<string>, each: number): fc.Arbitrary<string> {
  const elements = fc.array(fc.array(element, { minLength: each, maxLength: each }), { maxLength: 12 })
  return elements.map((drawn) => `${mark}${drawn.length}\r\n${drawn.flat().join('')}`)
}

const SCRIPT = String.raw`
set greeting "hello\r\nworld \x41\xff \"quoted\""
get greeting
set 'single \' quoted' "a\tb"
get 'single \' quoted'
"unbalanced
set x "a"b
  3 incr counter
0 incr counter
-1 incr counter
nope and nothing
select 2
get greeting
set here 1
select 99
dbsize
rpush list a b c d e f g h i j k
lrange list 0 -1
multi
incr here
lrange list 0 2
exec
multi
select 3
discard
dbsize
hset h f v g ""
hgetall h
zadd z 1.5 a
zrange z 0 -1 withscores
config get maxmemory
config get maxm*-policy
type h
object encoding h
:set hints
:set
:nope x
eval "return {1, {2, 'three'}, false}" 0
command count extra
quit
set never 1
`

describe('redis-cli', () => {
  for (const [how, ...flags] of [
    ['for people', '--no-raw'],
    ['for programs'],
    ['for programs, asked for', '--raw'],
  ] as const) {
    it(`shows every kind of reply ${how} as redis-cli does`, async function () {
      needReferenceCli.call(this)
      const server = await answering(REPLIES)
      const args = [...flags, '-p', `${(server.address() as AddressInfo).port}`]
      const input = REPLIES.map((_, i) => `reply ${i}\n`).join('')
      const [expected, found] = await Promise.all([theirs(args, input), ours(args, input)])
      server.close()
      expect(found.out).to.equal(expected.out)
    })
  }

  it('shows replies of any shape as redis-cli does', async function () {
    needReferenceCli.call(this)
    const mark = '-- next --\n'
    const replies = [`+${mark.trim()}\r\n`, ...fc.sample(anyReply, 150)]
    const server = await answering(replies)
    const port = ['-p', `${(server.address() as AddressInfo).port}`]
    const input = replies.map((_, i) => `reply ${i}\nreply 0\n`).join('')
    for (const args of [[...port, '--no-raw'], port]) {
      const [expected, found] = await Promise.all([theirs(args, input), ours(args, input)])
      const theirReplies = expected.out.split(mark)
      for (const [i, one] of found.out.split(mark).entries()) expect(one, replies[i - 2]).to.equal(theirReplies[i])
    }
    server.close()
  })

  for (const flags of [['--no-raw'], ['--raw'], ['--no-raw', '-3'], ['-3', '-n', '1']]) {
    it(`carries out a script as redis-cli ${flags.join(' ')} does`, async function () {
      needReferenceCli.call(this)
      await using server = await EmbeddedRedis.start()
      const args = [...flags, '-p', `${server.port}`]
      const expected = await theirs(args, SCRIPT)
      const flush = await EmbeddedRedis.start()
      const found = await ours([...flags, '-p', `${flush.port}`], SCRIPT)
      await flush.close()
      expect(found.out).to.equal(expected.out)
    })
  }

  for (const [what, args] of [
    ['a password nobody asked for', ['-a', 'x', '--no-auth-warning', '-n', '99']],
    ['a password that is wrong', ['--user', 'nobody', '--pass', 'x', '--no-auth-warning']],
  ] as const) {
    it(`complains of ${what} as redis-cli does`, async function () {
      needReferenceCli.call(this)
      await using server = await EmbeddedRedis.start()
      const all = [...args, '-p', `${server.port}`]
      const [expected, found] = await Promise.all([theirs(all, 'ping\n'), ours(all, 'ping\n')])
      expect(found.out).to.equal(expected.out)
      expect(found.complaints).to.equal(expected.complaints)
    })
  }

  it('connects again after the server has gone and come back, and says so in the prompt', async () => {
    const lines: string[] = []
    const streams = {
      write: (bytes: string) => void lines.push(bytes),
      complain: (line: string) => void lines.push(line),
    }
    const first = await EmbeddedRedis.start()
    const { port } = first
    const session = new Session(parseOptions(['-p', `${port}`], {}), false, streams, true)
    expect(session.prompt).to.equal('not connected> ')
    await session.run(['select', '3'])
    expect(session.prompt).to.equal(`127.0.0.1:${port}[3]> `)
    await session.run(['multi'])
    expect(session.prompt).to.equal(`127.0.0.1:${port}[3](TX)> `)
    await first.close()
    expect(await session.run(['ping'])).to.equal('failed')
    expect(session.prompt).to.equal('not connected> ')
    expect(await session.run(['ping'])).to.equal('failed')
    expect(lines.at(-1)).to.equal(`Could not connect to Redis at 127.0.0.1:${port}: Connection refused`)
    const again = await EmbeddedRedis.start({ port })
    await session.run(['ping'])
    expect(lines.at(-1)).to.equal('PONG\n')
    expect(session.prompt, 'in the database of before').to.equal(`127.0.0.1:${port}[3]> `)
    session.close()
    await again.close()
  })

  it('streams what is published until it is interrupted, and goes on after that', async () => {
    await using server = await EmbeddedRedis.start()
    let shown = ''
    const streams = {
      write: (bytes: string): void => {
        shown += bytes
        if (bytes.includes('subscribe')) void publisher.run(['publish', 'news', 'hello'])
        if (bytes.includes('hello')) session.interrupt()
      },
      complain: (line: string): void => {
        shown += line
      },
    }
    const quiet = { write: () => {}, complain: () => {} }
    const options = parseOptions(['-p', `${server.port}`], {})
    const publisher = new Session(options, false, quiet, true)
    const session = new Session(options, false, streams, true)
    expect(await session.run(['subscribe', 'news'])).to.equal('answered')
    expect(shown).to.equal(
      'Reading messages... (press Ctrl-C to quit)\n1) "subscribe"\n2) "news"\n3) (integer) 1\n1) "message"\n2) "news"\n3) "hello"\n',
    )
    expect(await session.run(['ping'])).to.equal('answered')
    publisher.close()
    session.close()
  })

  it('asks for commands at a terminal, keeps them, and leaves with Ctrl-C', async () => {
    await using server = await EmbeddedRedis.start()
    const [input, output] = [new PassThrough(), new PassThrough()]
    let screen = ''
    output.setEncoding('utf8').on('data', (text: string) => {
      screen += text
    })
    const streams = {
      write: (bytes: string) => void output.write(bytes),
      complain: (line: string) => void output.write(line),
    }
    const session = new Session(parseOptions(['-p', `${server.port}`], {}), false, streams, true)
    const ended = converse(session, streams, input, output)
    const prompt = (db: string) => `127.0.0.1:${server.port}${db}> `
    const seen = (text: string, times: number) => until(() => screen.split(text).length > times)
    await seen(prompt(''), 1)
    input.write('select 2\r')
    await seen(prompt('[2]'), 1)
    input.write('set greeting "h\u00e9llo"\r')
    await seen('OK', 2)
    // The arrow up.
    input.write('\x1b[A')
    await seen('greeting', 2)
    input.write('\x15get greeting\r')
    await seen('"h\\xc3\\xa9llo"\n', 1)
    input.write('\x03')
    await ended
    session.close()
  })

  it('reads URLs and options', () => {
    const read = (...args: string[]) => parseOptions(args, {})
    expect(read('-u', 'redis://me:p%40ss@example.org:7000/4', 'get', '-h')).to.include({
      host: 'example.org',
      port: 7000,
      user: 'me',
      password: 'p@ss',
      db: 4,
      warnOfPassword: true,
    })
    expect(read('-u', 'redis://[::1]:7000').host).to.equal('::1')
    expect(read('get', '--raw').command).to.deep.equal(['get', '--raw'])
    expect(parseOptions([], { REDISCLI_AUTH: 'x' })).to.include({ password: 'x', warnOfPassword: false })
    for (const args of [['--nope'], ['-p'], ['-u', 'http://x'], ['-p', '70000']]) expect(() => read(...args)).to.throw()
  })
})

describe('redis-object-rpc redis-cli', () => {
  /** Runs both programs with the same arguments, and compares all that can be seen of them. */
  async function compare(args: readonly string[], input = ''): Promise<void> {
    const child = spawn(process.execPath, [bundled(MAIN), 'redis-cli', ...args])
    let [out, complaints] = ['', '']
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('latin1').on('data', (text: string) => {
      complaints += text
    })
    child.stdin.on('error', () => {}).end(input)
    const [[code], expected] = await Promise.all([once(child, 'close'), theirs(args, input)])
    expect({ out: untimed(out), complaints, code }, args.join(' ')).to.deep.equal(expected)
  }

  it('is the same program to whoever calls it', async function () {
    needReferenceCli.call(this)
    await using server = await EmbeddedRedis.start({ password: 'secret' })
    const port = ['-p', `${server.port}`]
    await compare(['-p', '1', 'ping'])
    await compare([...port, '-a', 'secret', '--no-raw', 'set', 'ключ', '\\x41 "ü"'])
    await compare(['-u', `redis://default:secret@127.0.0.1:${server.port}/0`, 'get', 'ключ'])
    await compare([...port, '-e', 'get', 'x'])
    await compare([...port, '--nope'])
    await compare([...port, '--no-raw'], 'auth secret\nget x\nexit\n')
  })
})
