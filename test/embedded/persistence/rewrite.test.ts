import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { until } from '../../helpers/until.ts'
import { encodeCommand, type RawClient } from '../helpers/raw-client.ts'
import { asLogged, contents } from './contents.ts'
import { randomWrites } from './random-writes.ts'
import { freshPath, PersistentServer } from './server.ts'
import { SlowFiles } from './slow-files.ts'

const RUNS = Number(process.env.AOF_RUNS ?? 6)

async function send(client: RawClient, script: readonly (readonly string[])[]): Promise<void> {
  for (const argv of script) client.send(...argv)
  await client.replies(script.length)
}

async function reloaded(path: string): Promise<string[]> {
  await using server = await PersistentServer.start(path)
  return await contents(server.port)
}

/** Writes one slice of the rewrite, and waits for the next one to be ready. */
async function oneSlice(files: SlowFiles, server: PersistentServer): Promise<void> {
  files.release()
  await until(() => files.held > 0 || !server.file.isRewriting)
}

describe('rewriting the append-only file', () => {
  it('of data that change at every step of it loses and repeats nothing', async () => {
    for (let run = 0; run < RUNS; run++) {
      const seed =
        process.env.AOF_SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(process.env.AOF_SEED)
      const files = new SlowFiles()
      await using server = await PersistentServer.start(freshPath(), { files, config: { appendfsync: 'no' } })
      const client = await server.connect()
      await send(client, randomWrites(seed, 400))
      // Large values take several slices, and change between them.
      await send(client, [['SELECT', '1'], ...largeValues()])
      files.holds = 'write'
      expect(await client.call('BGREWRITEAOF')).to.include('started')
      await until(() => files.held > 0)
      for (let step = 0; server.file.isRewriting; step++) {
        let sent = false
        void send(client, [...randomWrites(seed + step, 40), ...changes(step)]).then(() => {
          sent = true
        })
        // At the very end replies wait for the last slice.
        let turns = 0
        await until(() => {
          if (++turns > 200) files.release()
          return sent
        })
        await oneSlice(files, server)
      }
      files.holds = undefined
      await send(client, randomWrites(seed - 1, 40))
      const before = await contents(server.port)
      await server.close()
      same(before.map(asLogged), (await reloaded(server.path)).map(asLogged), `AOF_SEED=${seed}`)
      expect(existsSync(`${server.path}.rewrite`)).to.equal(false)
    }
  }).timeout(60_000 + RUNS * 1000)

  it('begins by itself once the file has doubled, and not before it has the least size', async () => {
    const config = { 'auto-aof-rewrite-min-size': '10kb' }
    await using server = await PersistentServer.start(freshPath(), { config })
    const client = await server.connect()
    const write = ['SET', 'a', 'x'.repeat(1000)]
    await send(client, Array(9).fill(write))
    expect(server.file.baseSize).to.equal(0)
    await send(client, Array(3).fill(write))
    await until(() => server.file.baseSize > 0 && !server.file.isRewriting)
    expect(server.file.size).to.be.lessThan(2500)
    await send(client, Array(5).fill(write))
    expect(server.file.size, 'still below the least size').to.be.greaterThan(5000)
    expect(server.logged.join('\n')).to.match(/Rewriting .* in the background\nRewrote /)
  })

  it('that fails leaves the old file as it was, and says so', async () => {
    for (const what of ['write', 'replace'] as const) {
      const files = new SlowFiles()
      await using server = await PersistentServer.start(freshPath(), { files, config: { appendfsync: 'always' } })
      const client = await server.connect()
      await send(client, [['SET', 'a', '1']])
      files.failure = { what, code: 'ENOSPC', errno: -28 }
      await client.call('BGREWRITEAOF')
      await client.call('SELECT', '3')
      await client.call('SET', 'b', '2')
      await until(() => server.file.lastRewriteFailed && !server.file.isRewriting)
      await client.call('SET', 'c', '3')
      expect(await client.call('INFO', 'persistence')).to.include('aof_last_bgrewrite_status:err')
      expect(existsSync(`${server.path}.rewrite`)).to.equal(false)
      expect(server.logged.join('\n')).to.include('has failed: No space left on device')
      const before = await contents(server.port)
      await server.close()
      expect(await reloaded(server.path)).to.deep.equal(before)
    }
  })

  it('is refused while one is under way, and is given up when the server closes', async () => {
    const files = new SlowFiles()
    await using server = await PersistentServer.start(freshPath(), { files })
    const client = await server.connect()
    await send(client, [['SET', 'a', '1']])
    files.holds = 'write'
    await client.call('BGREWRITEAOF')
    expect(await client.call('BGREWRITEAOF')).to.match(/^-ERR Background append only file rewriting already/)
    await until(() => files.held > 0)
    expect(await client.call('INFO', 'persistence')).to.include('aof_rewrite_in_progress:1')
    const closing = server.close()
    await until(() => {
      files.release()
      return !server.file.isRewriting
    })
    await closing
    expect(existsSync(`${server.path}.rewrite`)).to.equal(false)
    expect(await reloaded(server.path)).to.have.length(1)
  })

  it('within a transaction begins with what that transaction leaves', async () => {
    await using server = await PersistentServer.start(freshPath())
    const client = await server.connect()
    await send(client, [['MULTI'], ['INCR', 'a'], ['BGREWRITEAOF'], ['INCR', 'a'], ['EXEC']])
    await until(() => !server.file.isRewriting)
    expect(server.text).to.equal(encodeCommand(['SELECT', '0']) + encodeCommand(['SET', 'a', '2']))
  })

  it('CONFIG SET appendonly switches the file off, and on with all there is', async () => {
    await using server = await PersistentServer.start(freshPath())
    const client = await server.connect()
    await send(client, [
      ['SET', 'a', '1'],
      ['CONFIG', 'SET', 'appendonly', 'no'],
      ['SET', 'b', '2'],
    ])
    expect(server.text).not.to.include('$1\r\nb')
    expect(await client.call('INFO', 'persistence')).to.include('aof_enabled:0')
    await send(client, [
      ['CONFIG', 'SET', 'appendonly', 'yes'],
      ['SET', 'c', '3'],
    ])
    await until(() => !server.file.isRewriting)
    await client.call('SET', 'd', '4')
    const before = await contents(server.port)
    await server.close()
    expect(before).to.have.length(4)
    expect(await reloaded(server.path)).to.deep.equal(before)
  })
})

/** Large values make a difference that nobody can read, and that takes minutes to print. */
function same(expected: readonly string[], found: readonly string[], message: string): void {
  const at = expected.findIndex((line, i) => line !== found[i])
  if (at === -1 && expected.length === found.length) return
  const [one = '', other = ''] = [expected[at], found[at]]
  let from = 0
  while (from < one.length && one[from] === other[from]) from++
  const part = (line: string): string => `${line.slice(0, 20)} … ${line.slice(Math.max(20, from - 60), from + 60)}`
  throw new Error(`${message}: ${expected.length} keys, ${found.length} found\n  ${part(one)}\n  ${part(other)}`)
}

function largeValues(): string[][] {
  const items = Array.from({ length: 3000 }, (_, i) => `element number ${i}`)
  return [
    ['RPUSH', 'large:l', ...items],
    ['SADD', 'large:S', ...items],
    ['ZADD', 'large:z', ...items.flatMap((item, i) => [`${i}`, item])],
    ['HSET', 'large:h', ...items.flatMap((item, i) => [item, `${i}`])],
    ...items.slice(0, 1000).map((item) => ['XADD', 'large:x', '*', 'f', item]),
    ['XGROUP', 'CREATE', 'large:x', 'g', '0'],
  ]
}

function changes(step: number): string[][] {
  return [
    ['SELECT', '1'],
    ['LPUSH', 'large:l', `new ${step}`],
    ['SPOP', 'large:S', '3'],
    ['ZINCRBY', 'large:z', '5000', `element number ${step}`],
    ['HDEL', 'large:h', `element number ${step}`],
    ['HPEXPIRE', 'large:h', '100000', 'FIELDS', '1', `element number ${step + 20}`],
    ['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', '3', 'STREAMS', 'large:x', '>'],
    ['INCR', 'counter'],
  ].slice(0, step % 2 === 0 ? 8 : 5)
}
