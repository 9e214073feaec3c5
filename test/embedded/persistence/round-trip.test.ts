import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { RedisProcess } from '../../helpers/redis-process.ts'
import { needReferenceRedis } from '../helpers/reference-redis.ts'
import { asLogged, contents } from './contents.ts'
import { randomWrites } from './random-writes.ts'
import { freshPath, PersistentServer } from './server.ts'

/** How many commands a run has; more takes longer and finds more. */
const COMMANDS = Number(process.env.AOF_COMMANDS ?? 3000)
const SEED = Number(process.env.AOF_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** What a real Redis holds after it has loaded a file, which it makes the base of its own. */
async function loadedByRedis(path: string): Promise<string[]> {
  const redis = await RedisProcess.start(['--appendonly', 'no'])
  try {
    await redis.signal('SIGKILL')
    copyFileSync(path, join(redis.directory, 'appendonly.aof'))
    const again = ['--dir', redis.directory, '--appendonly', 'yes', '--aof-load-truncated', 'no']
    const loaded = await RedisProcess.start(again)
    try {
      return await contents(loaded.port)
    } finally {
      await loaded.close()
    }
  } finally {
    await redis.close()
  }
}

async function loadedByUs(path: string): Promise<string[]> {
  await using server = await PersistentServer.start(path)
  return await contents(server.port)
}

async function run(server: PersistentServer, seed: number, count: number): Promise<void> {
  const client = await server.connect()
  const script = randomWrites(seed, count)
  for (const argv of script) client.send(...argv)
  await client.replies(script.length)
  await client.close()
}

describe('an append-only file', function () {
  this.timeout(60_000 + COMMANDS * 5)

  it(`of a random run is loaded by Redis, and by the embedded server (AOF_SEED=${SEED})`, async function () {
    needReferenceRedis.call(this)
    const server = await PersistentServer.start(freshPath())
    await run(server, SEED, COMMANDS)
    const before = await contents(server.port)
    await server.close()
    const loaded = await loadedByUs(server.path)
    expect(loaded.map(asLogged)).to.deep.equal(before.map(asLogged))
    expect(await loadedByRedis(server.path)).to.deep.equal(loaded)
  })

  it(`that was rewritten is loaded by both (AOF_SEED=${SEED})`, async function () {
    needReferenceRedis.call(this)
    const server = await PersistentServer.start(freshPath())
    await run(server, SEED + 1, COMMANDS)
    await server.close()
    const rewritten = await PersistentServer.start(server.path)
    const before = await contents(rewritten.port)
    rewritten.file.rewrite()
    while (rewritten.file.isRewriting) await new Promise(setImmediate)
    expect(rewritten.text).not.to.include('EXEC')
    await rewritten.close()
    expect(await loadedByUs(server.path), 'embedded').to.deep.equal(before)
    expect(await loadedByRedis(server.path), 'Redis').to.deep.equal(before)
  })
})
