import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { RedisProcess } from '../../helpers/redis-process.ts'
import { RawClient } from '../helpers/raw-client.ts'
import { needReferenceRedis } from '../helpers/reference-redis.ts'
import { contents } from './contents.ts'
import { randomWrites } from './random-writes.ts'
import { freshPath, PersistentServer } from './server.ts'

const COMMANDS = Number(process.env.AOF_COMMANDS ?? 3000)
const SEED = Number(process.env.AOF_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** The append-only file of a Redis in one piece: the RDB file that it has rewritten it to, and the commands since. */
function wholeFile(directory: string): string {
  const folder = join(directory, 'appendonlydir')
  const names = readdirSync(folder)
  const parts = ['.base.rdb', '.incr.aof'].map((end) => names.find((name) => name.endsWith(end))!)
  return parts.map((name) => readFileSync(join(folder, name), 'latin1')).join('')
}

async function send(port: number, script: readonly (readonly string[])[]): Promise<void> {
  const client = await RawClient.connect(port)
  for (const argv of script) client.send(...argv)
  await client.replies(script.length)
  await client.close()
}

async function rewrite(port: number): Promise<void> {
  const redis = new Redis(port, '127.0.0.1')
  await redis.bgrewriteaof()
  while (!/aof_rewrite_in_progress:0/.test(await redis.info('persistence'))) await redis.ping()
  redis.disconnect()
}

async function loadedFrom(bytes: string): Promise<string[]> {
  const path = freshPath()
  writeFileSync(path, bytes, 'latin1')
  await using server = await PersistentServer.start(path)
  return await contents(server.port)
}

describe('an append-only file that begins with an RDB file', function () {
  this.timeout(60_000 + COMMANDS * 5)
  let file: string
  let base: number
  let held: string[]

  before(async function () {
    needReferenceRedis.call(this)
    await using redis = await RedisProcess.start(['--appendonly', 'yes', '--appendfsync', 'always'])
    // Large enough to come in many chunks.
    const large = Array.from({ length: 60 }, (_, i) => ['RPUSH', 'large', ...noise(i)])
    await send(redis.port, [...randomWrites(SEED, COMMANDS), ['SELECT', '1'], ['DEL', 'large'], ...large])
    await rewrite(redis.port)
    base = wholeFile(redis.directory).length
    // Without streams: what is read from them again is not in the file.
    const more = randomWrites(SEED + 1, 300).filter(([name]) => !name!.startsWith('X'))
    await send(redis.port, more)
    held = await contents(redis.port)
    file = wholeFile(redis.directory)
  })

  it(`is loaded, with the commands that follow (AOF_SEED=${SEED})`, async () => {
    expect(file.slice(0, 5)).to.equal('REDIS')
    expect(await loadedFrom(file)).to.deep.equal(held)
  })

  it('is written to like any other, and is one of commands after it was rewritten', async () => {
    const path = freshPath()
    writeFileSync(path, file.slice(0, base), 'latin1')
    const server = await PersistentServer.start(path)
    await send(server.port, [['SET', 'after', 'v']])
    const after = await contents(server.port)
    await server.close()
    const again = await PersistentServer.start(path)
    expect(again.text.slice(0, 5)).to.equal('REDIS')
    expect(await contents(again.port)).to.deep.equal(after)
    again.file.rewrite()
    while (again.file.isRewriting) await new Promise(setImmediate)
    expect(again.text[0]).to.equal('*')
    await again.close()
  })

  it('is refused where the RDB file is cut off or damaged', async () => {
    for (const at of [6, 9, 20, 100, Math.floor(base / 2), base - 9, base - 1]) {
      const cut = await loadedFrom(file.slice(0, at)).catch((error: unknown) => error)
      expect(`${cut}`, `cut at ${at}`).to.match(/AppendOnlyFileError: .*the RDB file it begins with cannot be read/)
      const byte = String.fromCharCode(file.charCodeAt(at) ^ 1)
      const damaged = `${file.slice(0, at)}${byte}${file.slice(at + 1)}`
      const error = await loadedFrom(damaged).catch((reason: unknown) => reason)
      expect(`${error}`, `damaged at ${at}`).to.match(/AppendOnlyFileError: /)
    }
  })
})

/** Text that does not compress. */
function noise(seed: number): string[] {
  let state = seed + 1
  return Array.from({ length: 100 }, () => {
    let text = ''
    while (text.length < 300) {
      state = Math.imul(state, 1103515245) + 12345
      text += String.fromCharCode((state >>> 16) & 255)
    }
    return text
  })
}
