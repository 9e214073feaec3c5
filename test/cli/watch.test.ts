import { once } from 'node:events'
import { expect } from 'chai'
import { type CallRecord, control, RedisRPCClient, RedisRPCServer, type RedisRPCServerOptions } from 'redis-object-rpc'
import { callLine } from '../../lib/cli/frame/call-line.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'
import { RECORD } from '../wire/report-vectors.ts'
import { type RunningCli, startCli } from './run-cli.ts'

class Calculator {
  add(a: number, b: number) {
    return a + b
  }
  async fail() {
    throw new RangeError('no\u001b[2J')
  }
}

describeOnEachRedis('redis-object-rpc watch', (redis) => {
  const closers: (() => Promise<void>)[] = []
  let name: string
  beforeEach(() => {
    name = freshName('calc')
  })
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  async function serve(options: RedisRPCServerOptions = {}): Promise<RedisRPCServer> {
    const server = new RedisRPCServer(redis().url, name, new Calculator() as object, options)
    closers.push(() => server.close())
    await server.start()
    return server
  }

  function client() {
    const made = new RedisRPCClient<Calculator>(redis().url, name)
    closers.push(() => control(made).close())
    return made
  }

  function watch(...args: readonly string[]): RunningCli {
    const cli = startCli(['watch', name, ...args], { url: redis().url })
    closers.push(async () => {
      cli.child.kill('SIGKILL')
      await cli.ended
    })
    return cli
  }

  it('prints each call, and ends in good order at Ctrl-C', async () => {
    const server = await serve()
    const cli = watch()
    await until(() => server.stats.lent === 1)
    const calc = client()
    await calc.add(1, 2)
    await rejection(calc.fail())
    await until(() => cli.out().split('\n').length === 3)
    expect(cli.out()).to.match(
      /^\d\d:\d\d:\d\d\.\d{3} {2}ok +[\d.]+ ms {2}add +from [\w-]{12}\n.*error.* fail +from [\w-]{12} {2}RangeError: no\\x1b\[2J\n$/,
    )
    expect(cli.err()).to.equal(`watching 1 server of ${name} (Ctrl-C ends this)\n`)
    cli.child.kill('SIGINT')
    expect(await cli.ended).to.have.property('code', 130)
    await until(() => server.stats.lent === 0)
  })

  it('selects calls, prints records as JSON, and ends after so many', async () => {
    const server = await serve()
    const cli = watch('--failed', '--json', '--count', '2')
    await until(() => server.stats.lent === 1)
    const calc = client()
    for (let i = 0; i < 3; i++) {
      await calc.add(1, 2)
      await rejection(calc.fail())
    }
    const { out, code } = await cli.ended
    expect(code).to.equal(0)
    const records = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as CallRecord)
    expect(records.map(({ method, server: id, outcome }) => ({ method, id, outcome }))).to.deep.equal(
      Array(2).fill({ method: 'fail', id: server.id, outcome: 'error' }),
    )
    expect(out).to.not.include('\u001b')
  })

  it('waits for a service that is not there yet', async () => {
    const cli = watch('--count', '1')
    await until(() => cli.err().includes(`no server of ${name} is there yet`))
    const server = await serve()
    await until(() => server.stats.lent === 1)
    await client().add(1, 2)
    expect(await cli.ended).to.have.property('code', 0)
  })

  it('says so when the servers do not let anybody watch', async () => {
    await serve({ exposeReports: false })
    const { err, code } = await watch().ended
    expect(err).to.include('exposeReports')
    expect(code).to.equal(1)
  })

  it('ends when nobody reads its output any more', async () => {
    const server = await serve()
    const cli = watch()
    await until(() => server.stats.lent === 1)
    cli.child.stdout.destroy()
    const ended = once(cli.child, 'exit')
    const calc = client()
    await until(async () => {
      await calc.add(1, 2)
      return cli.child.exitCode !== null
    })
    expect((await ended)[0]).to.equal(0)
  })
})

describe('the line of a call', () => {
  const textOf = (more: Partial<CallRecord>): string => callLine({ ...RECORD, ...more }).replace(/^\S+ +/, '')

  it('says how a call differs from a plain one that succeeded', () => {
    const { error: _, ...ok } = RECORD
    const plain = callLine({ ...ok, outcome: 'ok' }).replace(/^\S+ +/, '')
    expect(plain).to.equal('ok         25.9 ms  add               from V1StGXR8_Z5j')
    expect(textOf({})).to.equal('error      25.9 ms  add               from V1StGXR8_Z5j  RangeError: too large')
    expect(textOf({ access: 'get', method: 'theme' })).to.include('  get theme  ')
    expect(textOf({ kind: 'notify', caller: '' })).to.include('  notification')
    expect(textOf({ sampled: 12 })).to.match(/ {2}x12$/)
    expect(textOf({ durationMs: 0, outcome: 'expired' })).to.match(/^expired +- /)
    expect(textOf({ durationMs: 61_000 })).to.include('61 s')
  })

  it('shows hostile names as text, on one line', () => {
    const method = `\u001b]0;x\u0007\n${'a'.repeat(5_000)}`
    const line = textOf({ method, caller: '\u202e\n', error: { name: '\r', message: 'b'.repeat(5_000) } })
    expect(line).to.match(/^[\x20-\x7e…]+$/)
    expect(line.length).to.be.lessThan(600)
  })
})
