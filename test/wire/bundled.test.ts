import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { build } from 'esbuild'
import { EmbeddedRedis } from '../../lib/embedded/index.ts'
import * as errors from '../../lib/errors.ts'
import * as here from '../../lib/index.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** The errors of the family, by the names they are exported under. */
const FAMILY = Object.entries(errors)
  .filter(([, exported]) => typeof exported === 'function' && exported.prototype instanceof Error)
  .map(([name]) => name)

/** Throws each of the library's errors, and one of its own; gives and takes an instance of its own class. */
const SERVER = `
  import * as rpc from './lib/index.ts'
  import { RemoteFunctionError } from './lib/functions/index.ts'
  class Money { constructor(amount) { this.amount = amount } twice() { return new Money(this.amount * 2) } }
  class Broke extends Error { constructor(by) { super('broke'); this.by = by } }
  const server = new rpc.RedisRPCServer(process.argv[2], 'bank', {
    fail(name) { throw new rpc[name]('a', 'b', 'c') },
    ask() { throw new RemoteFunctionError('f', 'TypeError: no') },
    twice(money) { return money.twice() },
    spend() { throw new Broke(5) },
  }, { classes: { Money, 'bank/Broke': Broke } })
  await server.start()
  console.log('ready')
`

/** Says what it got. The classes of its own come first, so that a minifier gives other names here than there. */
const CLIENT = `
  class Broke extends Error { short() { return this.by } }
  class Money { constructor(amount) { this.amount = amount } twice() {} }
  class Unused { static it = [Money, Broke] }
  import * as rpc from './lib/index.ts'
  const { InvalidOptionError, TimeoutError } = rpc
  const bank = new rpc.RedisRPCClient(process.argv[2], 'bank', { classes: { Money, 'bank/Broke': Broke } })
  const failure = (call) => call.then(() => undefined, (error) => error)
  const seen = {}
  for (const name of ${JSON.stringify(FAMILY)}) {
    const error = await failure(bank.fail(name))
    seen[name] = [error instanceof rpc[name], Object.getPrototypeOf(error) === rpc[name].prototype, error.code, error.name]
  }
  const asked = await failure(bank.ask())
  const money = await bank.twice(new Money(21))
  const broke = await failure(bank.spend())
  console.log(JSON.stringify({
    seen,
    asked: [asked instanceof rpc.RemoteError, asked.name, asked.function],
    money: [money instanceof Money, money.amount],
    broke: [broke instanceof Broke, broke.short?.()],
  }))
  await rpc.control(bank).close()
`

async function bundle(contents: string, outfile: string): Promise<void> {
  // What bundled CommonJS dependencies ask for.
  const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
  await build({
    stdin: { contents, resolveDir: ROOT, loader: 'js' },
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    banner: { js: banner },
    logLevel: 'error',
  })
}

describe('programs that are bundled and minified', function () {
  this.timeout(60_000)
  let folder: string
  let redis: EmbeddedRedis

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bundled-'))
    redis = await EmbeddedRedis.start({ port: 0 })
  })

  after(async () => {
    await redis.close()
    await rm(folder, { recursive: true })
  })

  it('know the errors of the library, and named classes, for what they are', async () => {
    const [serverFile, clientFile] = [join(folder, 'server.mjs'), join(folder, 'client.mjs')]
    await Promise.all([bundle(SERVER, serverFile), bundle(CLIENT, clientFile)])
    const server = spawn(process.execPath, [serverFile, redis.url], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await firstLine(server)
      const { stdout } = await promisify(execFile)(process.execPath, [clientFile, redis.url])
      const { seen, asked, money, broke } = JSON.parse(stdout)
      expect(Object.keys(seen)).to.deep.equal(FAMILY)
      for (const name of FAMILY) {
        const { code } = new (errors as unknown as Record<string, new (...args: string[]) => errors.RpcError>)[name]!(
          'a',
          'b',
          'c',
        )
        expect(seen[name], name).to.deep.equal([true, true, code, name])
      }
      expect(asked).to.deep.equal([true, 'TypeError', 'f'])
      expect(money).to.deep.equal([true, 42])
      expect(broke).to.deep.equal([true, 5])
    } finally {
      if (server.exitCode === null) {
        server.kill()
        await once(server, 'exit')
      }
    }
  })

  it('know the errors of another copy of the library in the same process', async () => {
    const file = join(folder, 'copy.mjs')
    await bundle("export * from './lib/index.ts'", file)
    const copy = (await import(file)) as typeof here
    expect(copy.TimeoutError).not.to.equal(here.TimeoutError)
    await using server = new copy.RedisRPCServer(redis.url, 'copies', {
      ours: () => Promise.reject(new here.LeaseLostError('k', 'i', 'r')),
      theirs: () => Promise.reject(new copy.LeaseLostError('k', 'i', 'r')),
    })
    await server.start()
    for (const { RedisRPCClient, LeaseLostError, control } of [here, copy]) {
      const client = new RedisRPCClient<{ ours(): Promise<void>; theirs(): Promise<void> }>(redis.url, 'copies')
      for (const call of [client.ours(), client.theirs()]) {
        const error = await call.catch((caught: unknown) => caught)
        expect(error).to.be.instanceOf(LeaseLostError)
        expect(Object.getPrototypeOf(error)).to.equal(LeaseLostError.prototype)
      }
      await control(client).close()
    }
  })
})

async function firstLine(child: ChildProcess): Promise<void> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  await Promise.race([once(lines, 'line'), once(child, 'exit')])
  expect(child.exitCode).to.equal(null)
}
