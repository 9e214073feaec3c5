import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer, type Remote, TimeoutError } from 'redis-object-rpc'
import { bundled } from '../helpers/bundled.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { countEnds } from '../helpers/settled.ts'
import { until } from '../helpers/until.ts'

const WORKER = new URL('../helpers/rpc-worker.ts', import.meta.url)

interface Worker {
  pid(): number
  hold(id: number): Promise<number>
  release(): void
}

describe('when a process dies', () => {
  let redis: RedisProcess
  const workers: ChildProcess[] = []
  before(async function () {
    needRedisServer.call(this)
    redis = await RedisProcess.start()
  })
  afterEach(async () => {
    for (const worker of workers.splice(0)) await end(worker, 'SIGKILL')
  })
  after(() => redis?.close())

  /** An RPC server in a process of its own, that listens. */
  const startWorker = async (name: string): Promise<ChildProcess> => {
    const worker = spawn(process.execPath, [bundled(WORKER), redis.url, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    workers.push(worker)
    await once(createInterface({ input: worker.stdout! }), 'line')
    return worker
  }
  const end = async (worker: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
    if (worker.exitCode !== null || worker.signalCode !== null) return worker.exitCode
    const ended = once(worker, 'exit')
    worker.kill(signal)
    return (await ended)[0] as number | null
  }

  it('ends the calls that a killed server was running at their deadline, and other servers go on', async () => {
    const name = freshName('killed')
    const doomed = await startWorker(name)
    const client = new RedisRPCClient<Worker>(redis.url, name)
    const held = rejection(control(client).with({ timeoutMs: 700 }).hold(1))
    expect(await client.pid()).to.equal(doomed.pid)
    await end(doomed, 'SIGKILL')
    const other = await startWorker(name)
    expect(await client.pid()).to.equal(other.pid)
    expect(await held).to.be.instanceOf(TimeoutError)
    expect(control(client).stats.pending).to.equal(0)
    await control(client).close()
  })

  it('finishes and answers what it has on SIGTERM, and takes no more', async () => {
    const name = freshName('term')
    const first = await startWorker(name)
    const client = new RedisRPCClient<Worker>(redis.url, name)
    const held = client.hold(7)
    expect(await client.pid()).to.equal(first.pid)
    const ended = end(first, 'SIGTERM')
    expect(await held).to.equal(7)
    expect(await ended).to.equal(0)
    const pid = client.pid()
    const second = await startWorker(name)
    expect(await pid).to.equal(second.pid)
    await control(client).close()
  })
})

describe('when Redis itself fails', () => {
  let redis: RedisProcess
  let name: string
  const runs = new Map<number, number>()
  const target = {
    run(id: number): number {
      runs.set(id, (runs.get(id) ?? 0) + 1)
      return id
    },
  }
  let client: Remote<typeof target>
  let server: RedisRPCServer

  beforeEach(async function () {
    needRedisServer.call(this)
    redis = await RedisProcess.start()
    name = freshName('redis')
    runs.clear()
    // After a Redis that is empty a server vouches for nothing until a lease has passed.
    server = new RedisRPCServer(redis.url, name, target, { onError: () => {}, leaseMs: 2_000 })
    client = new RedisRPCClient<typeof target>(redis.url, name, { onError: () => {}, timeoutMs: 30_000 })
    await server.start()
    expect(await client.run(0)).to.equal(0)
  })
  afterEach(async () => {
    if (client === undefined) return // pending: there is no redis-server
    await control(client).close()
    await server.close()
    expect(control(client).stats.pending).to.equal(0)
    expect([...runs.values()].filter((times) => times > 1)).to.deep.equal([])
    await redis.close()
  })

  it('comes back at both ends when it was killed and started again', async () => {
    await redis.signal('SIGKILL')
    const meanwhile = client.run(1)
    await redis.start()
    const end = await meanwhile.catch((error: { code: string }) => error.code)
    expect(end).to.be.oneOf([1, 'ERR_DELIVERY_UNKNOWN'])
    expect(await client.run(2)).to.equal(2)
  })

  it('rides out a Redis that is stopped for a while', async () => {
    await redis.signal('SIGSTOP')
    const ids = Array.from({ length: 200 }, (_, index) => index + 1)
    const calls = countEnds(
      ids.map((id) => client.run(id)),
      (value, index) => (value === ids[index] ? 'right' : 'wrong'),
    )
    // The commands stand in Redis's socket by then.
    for (let turns = 0; turns < 100; turns++) await until(() => true)
    await redis.signal('SIGCONT')
    expect(await calls).to.deep.equal({ right: 200 })
  })

  it('goes on after all connections were killed in the middle of calls', async () => {
    const raw = new Redis(redis.url).on('error', () => {})
    const ids = Array.from({ length: 1_000 }, (_, index) => index + 1)
    const calls = countEnds(
      ids.map((id) => control(client).with({ timeoutMs: 1_000 }).run(id)),
      (value, index) => (value === ids[index] ? 'right' : 'wrong'),
    )
    await raw.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    expect(
      Object.keys(await calls).filter((end) => !['right', 'ERR_DELIVERY_UNKNOWN', 'ERR_TIMEOUT'].includes(end)),
    ).to.deep.equal([])
    expect(await client.run(5_000)).to.equal(5_000)
    raw.disconnect()
  })
})
