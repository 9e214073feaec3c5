import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { RedisRPCServer } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { deferred } from '../../lib/util/deferred.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { type CliRun, runCli, startCli } from './run-cli.ts'

const HOSTILE = '\x1b]0;owned\x07 \u202e\x9b2J\n'
/** What a terminal would obey. */
const OBEYED = /(?!\n)\p{Cc}|\p{Bidi_Control}/u

describeOnEachRedis('redis-object-rpc call', (redis) => {
  const name = `calc-${process.pid}`
  const notes: string[] = []
  let ended = deferred<void>()
  let server: RedisRPCServer

  before(async () => {
    server = new RedisRPCServer(redis().url, name, {
      add: (a: number, b: number) => a + b,
      note: (text: string) => void notes.push(text),
      tenant: () => callContext()?.metadata.tenant,
      fail: () => {
        throw new RangeError(`out of range${HOSTILE}`)
      },
      hostile: () => HOSTILE,
      long: () => 'x'.repeat(10_000_000),
      when: () => new Map([['first', new Date(0)]]),
      list: () => [1, { two: 2 }],
      users: { find: (id: number) => ({ id, name: 'Ada' }) },
      async *ticks() {
        try {
          for (let tick = 0; ; tick++) yield `${tick}${HOSTILE}`
        } finally {
          ended.resolve()
        }
      },
    })
    await server.start()
  })
  after(() => server.close())
  beforeEach(() => {
    ended = deferred<void>()
  })

  const call = (...args: string[]): Promise<CliRun> => runCli(['call', name, ...args], { url: redis().url })
  const printed = (out: string): CliRun => ({ out, err: '', code: 0 })

  it('prints the result', async () => {
    expect(await call('add', '2', '-3.5')).to.deep.equal(printed('-1.5\n'))
    expect(await call('users.find', '7')).to.deep.equal(printed("{ id: 7, name: 'Ada' }\n"))
  })

  it('prints JSON for programs', async () => {
    expect(await call('when', '--json')).to.deep.equal(printed('[["first","1970-01-01T00:00:00.000Z"]]\n'))
    expect(await call('users.find', '7', '--json')).to.deep.equal(printed('{"id":7,"name":"Ada"}\n'))
  })

  it('shows what is hostile without obeying it', async () => {
    expect(await call('hostile')).to.deep.equal(printed("'\\x1B]0;owned\\x07 \\u202e\\x9B2J\\n'\n"))
    const json = await call('hostile', '--json')
    expect(json.out).not.to.match(OBEYED)
    expect(JSON.parse(json.out)).to.equal(HOSTILE)
  })

  it('cuts what is too long for people, and prints everything for programs', async () => {
    const { out } = await call('long')
    expect(out.length).to.be.lessThan(20_000)
    expect(out).to.include('more characters')
    expect((await call('long', '--json')).out.length).to.equal(10_000_003)
  })

  it('says in one line what the method threw', async () => {
    const { out, err, code } = await call('fail')
    expect({ out, code }).to.deep.equal({ out: '', code: 1 })
    expect(err).to.match(/^error: the method threw RangeError: out of range\\x1b[^\n]*\\n\n$/)
    const json = await call('fail', '--json')
    expect(JSON.parse(json.err)).to.have.nested.include({ 'error.name': 'RangeError' })
  })

  it('says that there is no such method, and where the methods are listed', async () => {
    const { err, code } = await call('nope')
    expect(err).to.match(
      /^error: the server of calc-\d+ exposes no method "nope".*"redis-object-rpc info SERVICE"[^\n]*\n$/,
    )
    expect(code).to.equal(1)
  })

  it('takes the arguments from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-'))
    const file = join(folder, 'args.json5')
    writeFileSync(file, '// two numbers\n[1, +2,]')
    expect(await call('add', '--args', file)).to.deep.equal(printed('3\n'))
    rmSync(folder, { recursive: true })
    expect(await runCli(['call', name, 'add', '--args', '-'], { url: redis().url, input: '[3, 4]' })).to.deep.equal(
      printed('7\n'),
    )
  })

  it('sends metadata', async () => {
    expect((await call('tenant', '-m', 'tenant=acme', '-m', 'a=b=c')).out).to.equal("'acme'\n")
  })

  it('notifies, and has every server run it', async () => {
    expect(await call('note', '"seen"', '--notify')).to.deep.equal(printed(''))
    expect(await call('add', '1', '2', '--all', '--json')).to.deep.equal(
      printed(`{"server":"${server.id}","value":3}\n`),
    )
    const failed = await call('fail', '--all')
    expect(failed.out).to.match(/^[\w-]{12} {2}the method threw RangeError: [^\n]*\n$/)
    expect(failed.code).to.equal(1)
    expect(notes).to.deep.equal(['seen'])
  })

  it('prints the items of an array, and refuses to do so with one value', async () => {
    expect(await call('list', '--stream')).to.deep.equal(printed('1\n{"two":2}\n'))
    expect((await call('add', '1', '2', '--stream')).code).to.equal(2)
  })

  it('ends the stream at the server when it is interrupted', async () => {
    const running = startCli(['call', name, 'ticks', '--stream'], { url: redis().url })
    running.child.stdout.once('data', () => running.child.kill('SIGINT'))
    const { out, err, code } = await running.ended
    await ended.promise
    const first = out.split('\n')[0]!
    expect(first).not.to.match(OBEYED)
    expect(JSON.parse(first)).to.equal(`0${HOSTILE}`)
    expect({ err, code }).to.deep.equal({ err: '', code: 130 })
  })

  it('ends the stream at the server when nobody reads its items any more', async () => {
    const running = startCli(['call', name, 'ticks'], { url: redis().url })
    running.child.stdout.once('data', () => running.child.stdout.destroy())
    await ended.promise
    const { err, code } = await running.ended
    expect({ err, code }).to.deep.equal({ err: '', code: 0 })
  })

  it('ping and info know the server, and completion its names', async () => {
    const on = { url: redis().url }
    expect((await runCli(['ping', name], on)).out).to.match(/^calc-\d+ answered in \d+\.\d ms\n$/)
    const { out } = await runCli(['info', name, '--json'], on)
    expect(JSON.parse(out)).to.have.nested.include({ service: name, 'servers[0].id': server.id })
    const info = (await runCli(['info', name], on)).out
    expect(info).to.match(new RegExp(`^SERVER .* LEASE .*\\n${server.id}  .*  \\d+ m?s left  `))
    expect((await runCli(['__complete', 'call', name, 'us'], on)).out).to.equal('users.find\n')
    expect((await runCli(['__complete', 'call', name.slice(0, 4)], on)).out.split('\n')).to.include(name)
  })
})
