import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { expect } from 'chai'
import { Cluster, Redis } from 'ioredis'
import { ClosedError, ConnectionError } from 'redis-object-rpc'
import { FunctionClient, FunctionServer } from 'redis-object-rpc/functions'
import { bundled } from '../helpers/bundled.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'

type Functions = {
  echo(kw: { value: unknown }): unknown
  wait(): Promise<string>
}

/** A server in a process of its own. */
class ServerProcess {
  readonly child: ChildProcessByStdio<null, Readable, null>
  output = ''
  readonly #ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>

  constructor(...args: string[]) {
    const path = bundled(new URL('server-process.ts', import.meta.url))
    this.child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text
    })
    this.#ended = once(this.child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  }

  async says(text: string): Promise<void> {
    let hasEnded = false
    void this.#ended.then(() => {
      hasEnded = true
    })
    await until(() => hasEnded || this.output.includes(text))
    if (!this.output.includes(text)) throw new Error(`the server ended before it said ${text}: ${this.output}`)
  }

  async end(signal: NodeJS.Signals): Promise<[code: number | null, signal: NodeJS.Signals | null]> {
    this.child.kill(signal)
    return this.#ended
  }
}

describe('functions in processes', function () {
  this.timeout(60_000)
  let redis: RedisProcess
  let raw: Redis
  let prefix: string
  let client: FunctionClient<Functions>
  let servers: ServerProcess[]

  before(async function () {
    needRedisServer.call(this)
    redis = await RedisProcess.start()
    raw = new Redis(redis.url)
  })
  after(async () => {
    raw?.disconnect()
    await redis?.close()
  })
  beforeEach(() => {
    prefix = freshName('fn')
    client = new FunctionClient<Functions>(redis.url, { prefix, responseTimeoutMs: 15_000 })
    servers = []
  })
  afterEach(async () => {
    await client.close()
    for (const server of servers) server.child.kill('SIGKILL')
  })

  async function start(...args: string[]): Promise<ServerProcess> {
    const server = new ServerProcess(redis.url, prefix, ...args)
    servers.push(server)
    await server.says('listening')
    return server
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`${signal} lets a server finish what it has, then it ends well`, async () => {
      const server = await start('w1')
      const called = client.fn.wait()
      await server.says('waiting')
      const ended = server.end(signal)
      await until(async () => !(await client.isServerOnline('worker', 'w1')))
      server.child.kill('SIGUSR2')
      expect(await called).to.equal('w1')
      expect(await ended).to.deep.equal([0, null])
      expect(server.output).to.include('ended {"succeeded":1,"failed":0,"expired":0,"junk":0,"running":0}')
      expect(await raw.keys(`${prefix}*:alive`)).to.deep.equal([])
    })
  }

  it('a second signal ends a server that still has calls', async () => {
    const server = await start('w1')
    const called = rejection(client.call('wait', {}, { responseTimeoutMs: 60_000 }))
    await server.says('waiting')
    const ended = server.end('SIGTERM')
    await until(async () => !(await client.isServerOnline('worker', 'w1')))
    server.child.kill('SIGTERM')
    expect(await ended).to.deep.equal([null, 'SIGTERM'])
    await client.close()
    expect(await called).to.be.instanceOf(ClosedError)
  })

  it('the heartbeat of a server that was killed ends by itself, and others take its calls', async () => {
    const killed = await start('w1', '400')
    await start('w2')
    expect(await client.onlineServers('worker')).to.deep.equal(['w1', 'w2'])
    expect(await killed.end('SIGKILL')).to.deep.equal([null, 'SIGKILL'])
    await until(async () => !(await client.isServerOnline('worker', 'w1')))
    expect(await client.onlineServers('worker')).to.deep.equal(['w2'])
    const values = Array.from({ length: 100 }, (_, value) => value)
    expect(await Promise.all(values.map((value) => client.fn.echo({ value })))).to.deep.equal(values)
  })

  it('a server and a client go on after Redis was restarted', async () => {
    const own = await RedisProcess.start()
    const server = new FunctionServer(own.url, { zero: () => 0 }, { prefix, id: 'w1', onError: () => {} })
    const caller = new FunctionClient(own.url, { prefix, responseTimeoutMs: 15_000, onError: () => {} })
    await server.start()
    expect(await caller.call('zero')).to.equal(0)
    await own.signal('SIGKILL')
    await own.start()
    await until(() => caller.isServerOnline('server', 'w1').catch(() => false))
    expect(await Promise.all([1, 2, 3].map(() => caller.call('zero')))).to.deep.equal([0, 0, 0])
    await caller.close()
    await server.close()
    await own.close()
  })

  it('what Redis refuses is told, and was not taken', async () => {
    const own = await RedisProcess.start()
    const admin = new Redis(own.url)
    const errors: Error[] = []
    const functions = { zero: () => 0 }
    const options = { prefix, onError: (error: Error) => void errors.push(error), connectTimeoutMs: 500 }
    const server = new FunctionServer(own.url, functions, {
      ...options,
      heartbeatPeriodMs: 100_000,
      heartbeatExpireMs: 200_000,
    })
    const caller = new FunctionClient<typeof functions>(own.url, { ...options, responseTimeoutMs: 15_000 })
    await server.start()
    expect(await caller.call('zero')).to.equal(0)
    await admin.config('SET', 'maxmemory', '1')
    const full = (await rejection(caller.callAsync('zero'))) as Error
    expect(full).to.be.instanceOf(ConnectionError).with.property('message').that.includes('OOM')
    await admin.config('SET', 'maxmemory', '0')
    await admin.replicaof('127.0.0.1', '1')
    const replica = (await rejection(caller.callAsync('zero'))) as Error
    expect(replica).to.be.instanceOf(ConnectionError).with.property('message').that.includes('READONLY')
    await admin.replicaof('NO', 'ONE')
    await until(async () => (await caller.call('zero').catch(() => undefined)) === 0)
    await caller.close()
    await server.close()
    admin.disconnect()
    await own.close()
  })

  it('works in a cluster, with a prefix that holds a hash tag', async () => {
    const node = await RedisProcess.start(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'])
    const admin = new Redis(node.url)
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await until(async () => String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok'))
    const cluster = new Cluster([{ host: '127.0.0.1', port: node.port }])
    const functions = { add: ({ a, b }: { a: number; b: number }) => a + b, zero: () => 0 }
    const server = new FunctionServer(cluster, functions, { prefix: '{fn}', kind: 'worker', id: 'w1' })
    const caller = new FunctionClient<typeof functions>(cluster, { prefix: '{fn}', responseTimeoutMs: 15_000 })
    await server.start()
    const sums = await Promise.all(Array.from({ length: 50 }, (_, a) => caller.fn.add({ a, b: 1 })))
    expect(sums).to.deep.equal(Array.from({ length: 50 }, (_, a) => a + 1))
    expect(await caller.response('zero', await caller.callAsync('zero'))).to.equal(0)
    expect(await caller.onlineServers('worker')).to.deep.equal(['w1'])
    await caller.close()
    await server.close()
    expect(await admin.keys('*')).to.deep.equal([])
    cluster.disconnect()
    admin.disconnect()
    await node.close()
  })
})
