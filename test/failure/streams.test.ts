import { type ChildProcess, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import type { Readable } from 'node:stream'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { control, RedisRPCClient, RedisRPCServer, ReferenceLostError, type Remote } from 'redis-object-rpc'
import { bundled } from '../helpers/bundled.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

const WORKER = new URL('../helpers/stream-worker.ts', import.meta.url)

class Feed {
  ended = 0
  /** The rows of the upload that have come. */
  counted = 0

  async *rows(count: number): AsyncGenerator<string> {
    try {
      for (let i = 0; i < count; i++) {
        // Now and then it waits, as a real source does.
        if (i % 500 === 0) await setImmediate()
        yield `${i} ${'x'.repeat(90)}`
      }
    } finally {
      this.ended++
    }
  }

  async *ticks(everyMs: number): AsyncGenerator<number> {
    try {
      for (let tick = 0; ; tick++) {
        yield tick
        await sleep(everyMs)
      }
    } finally {
      this.ended++
    }
  }

  async count(rows: AsyncIterable<string>): Promise<number> {
    this.counted = 0
    for await (const row of rows) {
      if (!row.startsWith(`${this.counted} `)) throw new Error(`item ${this.counted} is ${row.slice(0, 10)}`)
      this.counted++
    }
    return this.counted
  }
}

describe('a stream when something breaks', function () {
  this.timeout(90_000)
  let redis: RedisProcess
  let name: string
  let feed: Feed
  let clientSide: TcpProxy
  let serverSide: TcpProxy
  let client: Remote<Feed>
  let server: RedisRPCServer
  const children = new Set<ChildProcess>()

  before(needRedisServer)
  beforeEach(async () => {
    redis = await RedisProcess.start()
    name = freshName('feed')
    feed = new Feed()
    clientSide = await TcpProxy.start(redis.url)
    serverSide = await TcpProxy.start(redis.url)
    const onError = (): void => {}
    server = new RedisRPCServer(serverSide.url, name, feed, { onError, leaseMs: 1_000, drainTimeoutMs: 0 })
    client = new RedisRPCClient<Feed>(clientSide.url, name, { onError, timeoutMs: 60_000, streamWindowBytes: 16_384 })
  })
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    children.clear()
    clientSide.release()
    serverSide.release()
    await control(client).close()
    await server.close()
    await clientSide.close()
    await serverSide.close()
    await redis.close()
  })

  const inProcess = async (role: string, line: string): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [bundled(WORKER), redis.url, name, role], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.add(child)
    await printed(child, line)
    return child
  }
  const printed = async (child: ChildProcess, line: string): Promise<void> => {
    for await (const [chunk] of on(child.stdout as Readable, 'data')) if (String(chunk).includes(line)) break
  }

  it('brings each item once and in order, however often connections are cut', async () => {
    await server.start()
    let expected = 0
    for await (const row of client.rows(20_000)) {
      expect(row.startsWith(`${expected} `), `item ${expected}`).to.equal(true)
      expected++
      if (expected % 1_777 === 0) clientSide.cut()
      if (expected % 2_345 === 0) serverSide.cut()
    }
    expect(expected).to.equal(20_000)
    expect(feed.ended).to.equal(1)
  })

  it('takes each item once and in order when an upload is cut off', async () => {
    await server.start()
    const counting = client.count(new Feed().rows(10_000))
    for (let cut = 0; cut < 6; cut++) {
      const some = feed.counted + 500
      await until(() => feed.counted >= some)
      ;(cut % 2 === 0 ? clientSide : serverSide).cut()
    }
    expect(await counting).to.equal(10_000)
  })

  it('loses no item when what was sent does not arrive', async () => {
    await server.start()
    let chunks = 0
    // Every now and then a connection breaks in the midst of an answer.
    clientSide.toClient = () => (++chunks % 41 === 0 ? 'cut' : 'pass')
    serverSide.toServer = () => (++chunks % 43 === 0 ? 'cut' : 'pass')
    let expected = 0
    for await (const row of client.rows(5_000)) expect(row.startsWith(`${expected++} `)).to.equal(true)
    expect(expected).to.equal(5_000)
  })

  it('goes on when Redis is restarted empty', async () => {
    await server.start()
    let expected = 0
    for await (const row of client.rows(6_000)) {
      expect(row.startsWith(`${expected++} `)).to.equal(true)
      if (expected !== 1_000) continue
      await redis.signal('SIGKILL')
      await redis.start()
    }
    expect(expected).to.equal(6_000)
  })

  it('ends for its reader when its producer is killed', async () => {
    const child = await inProcess('serve', 'listening')
    const ticks = await client.ticks(5)
    for (let read = 0; read < 3; read++) await ticks.next()
    child.kill('SIGKILL')
    const reading = rejection(
      (async () => {
        for await (const _ of ticks) void _
      })(),
    )
    expect(await reading).to.be.an.instanceOf(ReferenceLostError)
    expect(await ticks.next()).to.deep.equal({ done: true, value: undefined })
    await until(() => control(client).stats.borrowed === 0)
  })

  it('ends at both ends when its producer was stopped beyond its lease', async () => {
    const child = await inProcess('serve', 'listening')
    const ticks = await client.ticks(5)
    await ticks.next()
    child.kill('SIGSTOP')
    const reading = rejection(
      (async () => {
        for await (const _ of ticks) void _
      })(),
    )
    // Meanwhile the client has to do with another server, so that its own lease goes on.
    await server.start()
    const others = await client.ticks(5)
    await others.next()
    expect(await reading).to.be.an.instanceOf(ReferenceLostError)
    child.kill('SIGCONT')
    await printed(child, 'ended')
    await others.return()
  })

  it('ends for who uploads when the server that takes it is killed', async () => {
    const child = await inProcess('serve', 'listening')
    const taking = rejection(control(client).call('take', feed.ticks(5)))
    await printed(child, 'taking')
    child.kill('SIGKILL')
    await until(() => feed.ended === 1)
    expect(await taking).to.have.property('code', 'ERR_SERVER_LOST')
    await until(() => control(client).stats.lent === 0)
  })

  it('ends for its producer when its reader is killed', async () => {
    await server.start()
    const child = await inProcess('read', 'reading')
    expect(server.stats.lent).to.equal(1)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await until(() => feed.ended === 1 && server.stats.lent === 0)
  })
})
