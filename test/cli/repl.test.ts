import { expect } from 'chai'
import { RedisRPCServer } from 'redis-object-rpc'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { deferred } from '../../lib/util/deferred.ts'
import { until } from '../helpers/until.ts'
import { type RunningCli, startCli } from './run-cli.ts'

describe('redis-object-rpc repl that reads a script', () => {
  let redis: EmbeddedRedis
  let server: RedisRPCServer
  let hangs = deferred<void>()
  const released = deferred<void>()
  const running: RunningCli[] = []
  before(async () => {
    redis = await EmbeddedRedis.start()
    server = new RedisRPCServer(redis.url, 'calc', {
      add: (a: number, b: number) => a + b,
      div(a: number, b: number) {
        if (b === 0) throw new RangeError('division by zero')
        return a / b
      },
      hang: () => {
        hangs.resolve()
        return released.promise
      },
    })
    await server.start()
  })
  beforeEach(() => {
    hangs = deferred<void>()
  })
  afterEach(async () => {
    for (const { child } of running) child.kill('SIGKILL')
    await Promise.all(running.splice(0).map(({ ended }) => ended))
  })
  after(async () => {
    released.resolve()
    await server.close()
    await redis.close()
  })

  /** Starts it with lines on its standard input, which stays open. */
  function start(...lines: string[]): RunningCli {
    const cli = startCli(['repl', 'calc'], { url: redis.url })
    running.push(cli)
    cli.child.stdin.write(lines.map((line) => `${line}\n`).join(''))
    return cli
  }

  it('runs the lines one after another, those that fail, too', async () => {
    const cli = start(
      'let sum = await it.add(1, 2)',
      'sum = await it.add(sum, 4)',
      'sum',
      '',
      'await it.div(1, 0)',
      'throw new Error("here")',
      'await it.add(',
      '  sum,',
      '  1)',
      '.nope',
      '.ls',
      'const wrong = = 1',
      'await calc.add(1, 1)',
    )
    cli.child.stdin.end()
    const { out, err, code } = await cli.ended
    const shown = out.split('\n').filter((line) => !/^ {2,}(?:at |\[|\})/.test(line))
    expect(shown.slice(0, 3)).to.deep.equal(['7', '7', 'Uncaught RangeError: division by zero'])
    const rest = out.slice(out.indexOf('Uncaught Error: here'))
    expect(rest).to.match(/^Uncaught Error: here\n8\nInvalid REPL keyword\ncalc\n[\s\S]*SyntaxError[^\n]*\n2\n$/)
    expect({ err, code }).to.deep.equal({ err: '', code: 0 })
  })

  it('ends at .exit, although more could be read and a timer runs', async () => {
    const cli = start('setInterval(() => {}, 1000)', '1 + 1', '.exit', '3 + 3')
    const { out, code } = await cli.ended
    expect(out).to.match(/^Timeout \{[\s\S]*\n2\n$/)
    expect(code).to.equal(0)
  })

  it('ends at Ctrl-C while a line waits', async () => {
    const cli = start('1 + 1', 'await it.hang()', '3 + 3')
    await hangs.promise
    cli.child.kill('SIGINT')
    expect(await cli.ended).to.deep.equal({ out: '2\n', err: '', code: 130 })
  })

  it('ends at Ctrl-C while it waits for lines', async () => {
    const cli = start('1 + 1')
    await until(() => cli.out() === '2\n')
    cli.child.kill('SIGINT')
    expect(await cli.ended).to.deep.equal({ out: '2\n', err: '', code: 130 })
  })
})
