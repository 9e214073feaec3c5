import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'

const ROOT = resolve(import.meta.dirname, '../..')
const PAGE = join(ROOT, 'docs/bundlers.md')
const WASM = 'liblua5.1.wasm'

/** Calls a method, and runs a script on the embedded server. */
const APP = `
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'

async function main(): Promise<void> {
  const redis = await EmbeddedRedis.start()
  const server = new RedisRPCServer(redis.url, 'calc', { add: (a: number, b: number) => a + b })
  await server.start()
  const calc = new RedisRPCClient<{ add(a: number, b: number): number }>(redis.url, 'calc')
  console.log(await calc.add(2, 3))
  const raw = new Redis(redis.url)
  console.log(await raw.eval('return 7', 0).catch((error: Error) => error.message))
  raw.disconnect()
  await control(calc).close()
  await server.close()
  await redis.close()
}
void main()
`

describe('docs/bundlers.md', function () {
  this.timeout(180_000)
  let folder: string

  before('installs the package, as it is published, beside what it depends on', async () => {
    folder = await mkdtemp(join(tmpdir(), 'bundlers-'))
    const modules = join(folder, 'app/node_modules')
    const own = join(modules, 'redis-object-rpc')
    await mkdir(own, { recursive: true })
    for (const name of await readdir(join(ROOT, 'node_modules'))) {
      await symlink(join(ROOT, 'node_modules', name), join(modules, name))
    }
    await copyFile(join(ROOT, 'package.json'), join(own, 'package.json'))
    const emit = ['--noCheck', '--outDir', join(own, 'dist')]
    await run(folder, join(ROOT, 'node_modules/.bin/tsc'), '-p', join(ROOT, 'lib'), ...emit)
    await writeFile(join(folder, 'app/app.ts'), APP)
    const path = `${join(modules, '.bin')}${delimiter}${process.env.PATH}`
    for (const command of await commands()) {
      await run(join(folder, 'app'), '/usr/bin/env', `PATH=${path}`, 'sh', '-ec', command.replaceAll('npx ', ''))
    }
  })

  after(() => rm(folder, { recursive: true, force: true }))

  for (const bundle of ['app.cjs', 'app.mjs', 'slim.mjs']) {
    it(`makes a program that works: ${bundle}`, async () => {
      expect(await run(join(folder, 'app'), process.execPath, bundle)).to.equal('5\n7\n')
    })
  }

  for (const bundle of ['app.cjs', 'app.mjs']) {
    it(`makes a program that works alone with the file of Lua, and else says what is missing: ${bundle}`, async () => {
      const alone = join(folder, `alone ${bundle}`)
      await mkdir(alone)
      await copyFile(join(folder, 'app', bundle), join(alone, bundle))
      const [sum, missing] = (await run(alone, process.execPath, bundle)).split('\n')
      expect(sum).to.equal('5')
      expect(missing).to.include("the optional package 'wasmoon-lua5.1', which is not found from").and.include(bundle)
      await writeFile(join(alone, WASM), 'not it')
      expect(await run(alone, process.execPath, bundle)).to.match(/^5\nERR Scripts need .*wasm, which cannot be used: /)
      await copyFile(join(folder, 'app', WASM), join(alone, WASM))
      expect(await run(alone, process.execPath, bundle)).to.equal('5\n7\n')
    })
  }
})

/** The commands of the page. */
async function commands(): Promise<string[]> {
  const found = [...(await readFile(PAGE, 'utf8')).matchAll(/```sh\n(.*?)```/gs)].map(
    ([, command]) => command as string,
  )
  expect(found).to.have.length(4)
  return found
}

/** @returns what it printed */
async function run(cwd: string, file: string, ...args: readonly string[]): Promise<string> {
  const { NODE_OPTIONS: _, ...env } = process.env
  return (await promisify(execFile)(file, args, { cwd, env })).stdout
}
