import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { RedisRPCServer } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { deferred } from '../../lib/util/deferred.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { bundled } from '../helpers/bundled.ts'
import { freshName } from '../helpers/names.ts'
import { needTmux, Terminal } from '../helpers/tmux.ts'
import { until } from '../helpers/until.ts'
import { type CliRun, type RunningCli, runCli, startCli } from './run-cli.ts'

const MAIN = new URL('../../lib/cli/main.ts', import.meta.url)

describeOnEachRedis('redis-object-rpc bench', (redis) => {
  const name = freshName('bench')
  let calls = 0
  let running = 0
  let mostRunning = 0
  let [begunStreams, endedStreams] = [0, 0]
  let gate = deferred<void>()
  let cancelled = deferred<void>()
  let server: RedisRPCServer
  const started: RunningCli[] = []

  before(async () => {
    server = new RedisRPCServer(
      redis().url,
      name,
      {
        add: (a: number, b: number) => {
          calls++
          return a + b
        },
        /** Ends once three of them run, so it never ends where fewer are in flight. */
        async three() {
          calls++
          mostRunning = Math.max(mostRunning, ++running)
          if (running === 3) gate.resolve()
          const { promise } = gate
          await promise
          if (--running === 0) gate = deferred<void>()
        },
        /** The third call ends when the test says so. */
        async slowThird() {
          if (++calls < 3) return
          callContext()?.signal.addEventListener('abort', () => cancelled.resolve())
          await gate.promise
        },
        fail() {
          calls++
          if (calls % 2 === 0) throw new RangeError('even')
          throw Object.assign(new Error('odd'), { code: `E_${calls}\x1b]0;owned\x07${'x'.repeat(1_000)}` })
        },
        tenant() {
          if (callContext()?.metadata.tenant !== 'acme') throw new Error('who are you?')
        },
        async *ticks(count: number) {
          begunStreams++
          try {
            for (let tick = 0; tick < count; tick++) yield tick
          } finally {
            endedStreams++
          }
        },
      },
      { concurrency: 100 },
    )
    await server.start()
  })
  after(() => server.close())
  beforeEach(() => {
    ;[calls, running, mostRunning, begunStreams, endedStreams] = [0, 0, 0, 0, 0]
    gate = deferred<void>()
    cancelled = deferred<void>()
  })
  afterEach(async () => {
    for (const { child } of started) child.kill('SIGKILL')
    await Promise.all(started.splice(0).map(({ ended }) => ended))
  })

  const bench = (...args: string[]): Promise<CliRun> => runCli(['bench', name, ...args], { url: redis().url })
  const start = (args: readonly string[]): RunningCli => {
    const cli = startCli(args, { url: redis().url })
    started.push(cli)
    return cli
  }

  it('makes as many calls as it is told, and says how long they took', async () => {
    const { out, err, code } = await bench('add', '1', '2', '--requests', '25')
    expect(out).to.match(
      /^calls\/s {2}[\d.]+ \(25 in \d+\.\d\d s, 10 in flight\)\nlatency {2}p50 [\d.]+ ms, p95 [\d.]+ ms, p99 [\d.]+ ms, max [\d.]+ ms\n$/,
    )
    expect({ err, code, calls }).to.deep.equal({ err: '', code: 0, calls: 25 })
  })

  it('prints the same as one line of JSON', async () => {
    const { out, err, code } = await bench('add', '1', '2', '-n', '5', '--json')
    expect({ err, code, lines: out.split('\n').length }).to.deep.equal({ err: '', code: 0, lines: 2 })
    const { seconds, callsPerSecond, latencyMs, ...rest } = JSON.parse(out)
    expect(rest).to.deep.equal({ service: name, method: 'add', inFlight: 10, succeeded: 5, failed: 0, errors: [] })
    expect(callsPerSecond).to.be.closeTo(5 / seconds, 5 / seconds)
    expect(Object.keys(latencyMs)).to.deep.equal(['p50', 'p95', 'p99', 'max'])
    expect(latencyMs.p50).to.be.within(0.001, latencyMs.max)
  })

  it('keeps as many calls in flight as it is told', async () => {
    const { out, code } = await bench('three', '--in-flight', '3', '--requests', '12', '--json')
    expect(JSON.parse(out)).to.include({ inFlight: 3, succeeded: 12 })
    expect({ code, calls, mostRunning }).to.deep.equal({ code: 0, calls: 12, mostRunning: 3 })
  })

  it('calls for as long as it is told, after calls that it does not count', async () => {
    const { out, code } = await bench('add', '1', '2', '--duration', '50ms', '--warm-up', '50ms', '--json')
    const { succeeded } = JSON.parse(out)
    expect(succeeded).to.be.within(1, calls - 1)
    expect(code).to.equal(0)
  })

  it('counts failures by their codes, of which a service may invent as many as it likes', async () => {
    const { out, err, code } = await bench('fail', '--requests', '40')
    expect(out.replaceAll(/\n/g, '')).not.to.match(/\p{Cc}/u)
    expect(out).to.match(/^calls\/s {2}0 \(0 in /)
    expect(out).to.match(/\nfailed {3}40: 20 RangeError, (?:11 others, )?(?:1 E_\d+\\x1b\]0;owned\\x07x{3,30}…,? ?){9}/)
    expect({ err, code, calls }).to.deep.equal({ err: '', code: 1, calls: 40 })
  })

  it('counts the calls that were not answered in time, even with hardly any time', async () => {
    calls = 2
    const { out, code } = await bench('slowThird', '-n', '1', '--timeout', '1ms', '--json')
    gate.resolve()
    expect(JSON.parse(out)).to.deep.include({ succeeded: 0, failed: 1, errors: [{ code: 'ERR_TIMEOUT', count: 1 }] })
    expect(code).to.equal(1)
  })

  it('sends metadata', async () => {
    expect((await bench('tenant', '-n', '1', '-m', 'tenant=acme')).code).to.equal(0)
    expect((await bench('tenant', '-n', '1', '-m', 'tenant=other')).out).to.match(/\nfailed {3}1: 1 Error\n$/)
  })

  it('says in one line that there is no such method', async () => {
    const { out, err, code } = await bench('no\x1b[2Jpe')
    expect(err).to.match(
      /^error: the server of \S+ exposes no method \P{Cc}*"redis-object-rpc info SERVICE"\P{Cc}*\n$/u,
    )
    expect({ out, code }).to.deep.equal({ out: '', code: 1 })
  })

  it('reads a stream to its end, and ends it when the time is up', async () => {
    const whole = await bench('ticks', '100', '-n', '3', '--json')
    expect(JSON.parse(whole.out)).to.include({ succeeded: 3, failed: 0 })
    expect({ code: whole.code, endedStreams }).to.deep.equal({ code: 0, endedStreams: 3 })

    const endless = await bench('ticks', 'Infinity', '-d', '250ms', '--warm-up', '0', '-c', '2', '--json')
    expect(JSON.parse(endless.out)).to.include({ succeeded: 0, failed: 0, latencyMs: null })
    expect(endless.err).to.match(/^no call has ended: [^\n]*\n$/)
    expect(endless.code).to.equal(1)
    // On a busy machine the time may be up before both have begun.
    await until(() => begunStreams > 3 && endedStreams === begunStreams)
  })

  it('prints what it has measured when it is interrupted, and cancels what is in flight', async () => {
    const cli = start(['bench', name, 'slowThird', '-c', '1', '-n', '10', '--json'])
    await until(() => calls === 3)
    cli.child.kill('SIGINT')
    const { out, err, code } = await cli.ended
    await cancelled.promise
    expect(JSON.parse(out)).to.include({ succeeded: 2, failed: 0 })
    expect({ err, code, calls }).to.deep.equal({ err: '', code: 130, calls: 3 })
  })

  it('ends quietly when nobody reads what it prints', async () => {
    const cli = start(['bench', name, 'slowThird', '-c', '1', '-n', '3'])
    await until(() => calls === 3)
    cli.child.stdout.destroy()
    gate.resolve()
    const { err, code } = await cli.ended
    expect({ err, code }).to.deep.equal({ err: '', code: 0 })
  })

  it('goes on when the service dies', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'))
    const mortal = freshName('mortal')
    try {
      const file = join(folder, 'mortal.mjs')
      writeFileSync(file, 'let calls = 0\nexport const work = () => ++calls === 4 && process.kill(process.pid, 9)\n')
      const served = start(['serve', file, '--name', mortal])
      await until(() => served.out().includes('serving'))
      const { out, err, code } = await runCli(['bench', mortal, 'work', '-c', '1', '-n', '5', '--json'], {
        url: redis().url,
      })
      const { succeeded, failed, errors } = JSON.parse(out)
      expect({ succeeded, failed, errors }).to.deep.equal({
        succeeded: 3,
        failed: 2,
        errors: [
          { code: 'ERR_SERVER_LOST', count: 1 },
          { code: 'ERR_NO_SERVER', count: 1 },
        ],
      })
      expect({ err, code }).to.deep.equal({ err: '', code: 1 })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('shows how far it is on a terminal, and takes that away at the end', async function () {
    needTmux.call(this)
    const env = { ...process.env, REDIS_URL: redis().url }
    const command = `'${process.execPath}' '${bundled(MAIN)}' bench ${name} slowThird -c 1 -n 4; exec cat`
    await using terminal = await Terminal.open(command, env)
    await until(async () => (await terminal.screen()) === `[############------------]  50 %  calls: 2`)
    gate.resolve()
    await until(async () => /^calls\/s .*\(4 in .*\nlatency .*$/.test(await terminal.screen()))
  })
})
