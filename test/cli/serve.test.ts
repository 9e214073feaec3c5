import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import { until } from '../helpers/until.ts'
import { type RunningCli, runCli, startCli } from './run-cli.ts'

describe('redis-object-rpc serve', () => {
  let redis: EmbeddedRedis
  let folder: string
  const running: RunningCli[] = []
  before(async () => {
    redis = await EmbeddedRedis.start()
    folder = mkdtempSync(join(tmpdir(), 'serve-'))
  })
  afterEach(async () => {
    for (const { child } of running) child.kill('SIGKILL')
    await Promise.all(running.splice(0).map(({ ended }) => ended))
  })
  after(async () => {
    rmSync(folder, { recursive: true })
    await redis.close()
  })

  /** Writes a module, and gives its path. */
  function module(name: string, text: string): string {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }

  /** Starts to serve, and waits until it does. */
  async function serve(...args: string[]): Promise<RunningCli> {
    const cli = startCli(['serve', ...args], { url: redis.url })
    running.push(cli)
    await until(() => cli.out().includes('\n') || cli.child.exitCode !== null)
    return cli
  }

  const call = async (...args: string[]): Promise<string> => (await runCli(['call', ...args], { url: redis.url })).out

  it('serves a class, an object or named exports, until it is told to stop', async () => {
    const aClass = module('counter.mjs', 'export default class Counter { #n = 0; next() { return ++this.#n } }')
    const named = module('sums.mjs', 'export const add = (a, b) => a + b\nsetInterval(() => {}, 1000)')
    const anObject = module('hello.cjs', 'module.exports = { greet: (name) => "hello " + name }')
    const clis = await Promise.all([serve(aClass), serve(named, '--name', 'my:sums'), serve(anObject)])
    expect(clis[1].out()).to.equal('serving my:sums: add (Ctrl-C ends it)\n')
    expect(await call('counter', 'next')).to.equal('1\n')
    expect(await call('my:sums', 'add', '1', '2')).to.equal('3\n')
    expect(await call('hello', 'greet', '"you"')).to.equal("'hello you'\n")
    const { out } = await runCli(['ls'], { url: redis.url })
    expect(out).to.equal(
      'SERVICE  SERVERS  WAITING  OLDEST\ncounter  1        0        -\nhello    1        0        -\nmy:sums  1        0        -\n',
    )
    for (const { child } of clis) child.kill('SIGTERM')
    for (const { ended } of clis) expect(await ended).to.include({ code: 0, err: '' })
    expect((await runCli(['ls'], { url: redis.url })).err).to.match(/^there are no services; [^\n]*\n$/)
  })

  it('starts anew when the module changes, also after one that cannot be loaded', async () => {
    const path = module('version.mjs', 'export const version = () => 1')
    const cli = await serve(path, '--watch')
    expect(await call('version', 'version')).to.equal('1\n')
    writeFileSync(path, 'export const version = () =>')
    await until(() => cli.err().includes('SyntaxError') || cli.err().includes('error: '))
    writeFileSync(path, 'export const version = () => 2')
    await until(() => cli.out().split('\n').length === 3)
    expect(await call('version', 'version')).to.equal('2\n')
    cli.child.kill('SIGTERM')
    expect((await cli.ended).code).to.equal(0)
  })

  it('brings a Redis of its own', async () => {
    const path = module('alone.mjs', 'export const one = () => 1')
    const cli = await serve(path, '--with-redis', '0')
    const [, url = ''] = /Redis is at (\S+)/.exec(cli.err()) ?? []
    expect((await runCli(['--url', url, 'call', 'alone', 'one'])).out).to.equal('1\n')
    cli.child.kill('SIGINT')
    await once(cli.child, 'close')
    expect(cli.child.exitCode).to.equal(0)
  })

  for (const [what, file, text, problem] of [
    ['a file that is not there', 'nope.mjs', undefined, 'there is no file'],
    ['a function', 'function.mjs', 'export default () => 1', 'exports a function by default'],
    ['a class that needs arguments', 'needy.mjs', 'export default class { constructor(a) {} }', 'needs arguments'],
    ['nothing', 'empty.mjs', 'export {}', 'exports nothing that can be called'],
    ['nothing while a timer runs', 'timer.mjs', 'setInterval(() => {}, 1000)', 'exports nothing that can be called'],
    ['TypeScript without a loader', 'calc.mts', 'export const add = (a: number) => a', 'NODE_OPTIONS=--import=tsx'],
  ] as const) {
    it(`says in one line that it cannot serve ${what}`, async function () {
      if (file.endsWith('ts') && 'typescript' in process.features && process.features.typescript) this.skip()
      const path = text === undefined ? join(folder, file) : module(file, text)
      const { err, code } = await runCli(['serve', path], { url: redis.url, env: { NODE_OPTIONS: '' } })
      expect(err).to.match(/^error: [^\n]+\n$/)
      expect(err).to.include(problem)
      expect(code).to.equal(2)
    })
  }
})
