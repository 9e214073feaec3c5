import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import { control, RedisRPCClient, RedisRPCServer, ReferenceLostError, RemoteTarget } from 'redis-object-rpc'
import { bundled } from '../helpers/bundled.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { RedisCluster } from '../helpers/redis-cluster.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

const WORKER = new URL('../helpers/objects-worker.ts', import.meta.url)

/** Starts an end in a process of its own. */
async function startEnd(url: string, name: string, role: 'server' | 'client'): Promise<ChildProcess> {
  const child = spawn(process.execPath, [bundled(WORKER), url, name, role], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout as NodeJS.EventEmitter, 'data')
  return child
}

interface RemoteCounter {
  up(): Promise<number>
  never(): Promise<never>
}

/** Keeps what it is handed. */
class Keeper {
  kept: (() => Promise<number>) | undefined

  keep(callback: () => Promise<number>): void {
    this.kept = callback
  }

  open(): Tally {
    return new Tally()
  }
}

class Tally extends RemoteTarget {
  #count = 0

  up(): number {
    return ++this.#count
  }
}

describe('what is lent and borrowed, when something dies', () => {
  let redis: RedisProcess
  let name: string
  const children: ChildProcess[] = []

  before(async function () {
    needRedisServer.call(this)
    redis = await RedisProcess.start()
  })
  after(() => redis?.close())
  beforeEach(() => {
    name = freshName('lost')
  })
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  it('an object is lost with the process that has it, for calls under way and later ones', async () => {
    const child = await startEnd(redis.url, name, 'server')
    children.push(child)
    const client = new RedisRPCClient<object>(redis.url, name)
    const counter = await (client as unknown as { open(): Promise<RemoteCounter> }).open()
    expect(await counter.up()).to.equal(1)
    const underWay = rejection(counter.never())
    child.kill('SIGKILL')
    expect(await underWay).to.be.instanceOf(ReferenceLostError)
    expect(await rejection(counter.up())).to.be.instanceOf(ReferenceLostError)
    expect(control(client).stats).to.include({ borrowed: 0, pending: 0 })
    await control(client).close()
  })

  it('an object is lost with a process that is stopped for longer than its lease', async () => {
    const child = await startEnd(redis.url, name, 'server')
    children.push(child)
    const client = new RedisRPCClient<object>(redis.url, name)
    const service = client as unknown as { open(): Promise<RemoteCounter> }
    const counter = await service.open()
    const underWay = rejection(counter.never())
    child.kill('SIGSTOP')
    expect(await underWay).to.be.instanceOf(ReferenceLostError)
    child.kill('SIGCONT')
    expect(await (await service.open()).up(), 'it goes on').to.equal(1)
    await control(client).close()
  })

  it('a server gives up what it lent to a client that was killed, and what it borrowed from it', async () => {
    const keeper = new Keeper()
    const server = new RedisRPCServer(redis.url, name, keeper)
    await server.start()
    const child = await startEnd(redis.url, name, 'client')
    children.push(child)
    expect(await keeper.kept?.()).to.equal(7)
    expect(server.stats).to.include({ lent: 1, borrowed: 1 })
    child.kill('SIGKILL')
    expect(await rejection(keeper.kept?.() as Promise<number>)).to.be.instanceOf(ReferenceLostError)
    await until(() => server.stats.lent === 0 && server.stats.borrowed === 0)
    await server.close()
  })

  it('callbacks run once each while connections break at both ends', async () => {
    await using atServer = await TcpProxy.start(redis.url)
    await using atClient = await TcpProxy.start(redis.url)
    const server = new RedisRPCServer(atServer.url, name, {
      each: async (count: number, callback: (n: number) => Promise<number>) => {
        const results: number[] = []
        for (let n = 0; n < count; n++) results.push(await callback(n))
        return results
      },
    })
    await server.start()
    const client = new RedisRPCClient<object>(atClient.url, name)
    const service = client as unknown as { each(count: number, callback: (n: number) => number): Promise<number[]> }
    const runs = new Map<number, number>()
    const results = await service.each(60, (n) => {
      runs.set(n, (runs.get(n) ?? 0) + 1)
      if (n % 20 === 5) atClient.cut()
      if (n % 20 === 15) atServer.cut()
      return n
    })
    expect(results).to.deep.equal(Array.from({ length: 60 }, (_, n) => n))
    expect(
      [...runs.values()].every((times) => times === 1),
      'none ran twice',
    ).to.equal(true)
    await control(client).close()
    await server.close()
  })
})

describe('what is lent and borrowed, on a Cluster', () => {
  let cluster: RedisCluster
  before(async function () {
    needRedisServer.call(this)
    cluster = await RedisCluster.start()
  })
  after(() => cluster?.close())

  it('works as on a single Redis', async () => {
    const connection = cluster.connect()
    const name = freshName('cluster')
    const keeper = new Keeper()
    const server = new RedisRPCServer(connection, name, keeper)
    await server.start()
    const client = new RedisRPCClient<object>(connection, name)
    const service = client as unknown as {
      open(): Promise<RemoteCounter & Disposable>
      keep(callback: () => number): Promise<void>
    }
    await service.keep(() => 5)
    expect(await keeper.kept?.()).to.equal(5)
    const counter = await service.open()
    expect([await counter.up(), await counter.up()]).to.deep.equal([1, 2])
    counter[Symbol.dispose]()
    await until(() => server.stats.lent === 0)
    await control(client).close()
    expect(await rejection(keeper.kept?.() as Promise<number>)).to.be.instanceOf(ReferenceLostError)
    await server.close()
    connection.disconnect()
  })
})
