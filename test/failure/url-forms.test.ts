import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer, type RedisSource } from 'redis-object-rpc'
import { Cache, ReadQueue, WriteQueue } from 'redis-object-rpc/ipc'
import { type Certificate, makeCertificate } from '../helpers/certificate.ts'
import { FakeRedis, reply } from '../helpers/fake-redis.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { RedisCluster } from '../helpers/redis-cluster.ts'
import { freePort, needRedisServer, RedisProcess } from '../helpers/redis-process.ts'

const target = { add: (a: number, b: number) => a + b }

/** A call, a task and an entry go through. */
async function expectToWork(source: RedisSource): Promise<void> {
  const name = freshName('form')
  await using server = new RedisRPCServer(source, name, target)
  await server.start()
  const client = new RedisRPCClient<typeof target>(source, name)
  expect(await client.add(1, 2)).to.equal(3)
  await control(client).close()
  await using queue = new WriteQueue<number>(source, `${name}:queue`)
  await using tasks = new ReadQueue<number>(source, `${name}:queue`)
  await queue.publish(1)
  expect((await tasks.bNext())?.content).to.equal(1)
  await using cache = new Cache<number>(source, `${name}:cache`)
  const entry = cache.bGet('a')
  await cache.set('a', 2)
  expect(await entry).to.equal(2)
}

async function refusal(source: RedisSource): Promise<Error & { code?: string }> {
  const server = new RedisRPCServer(source, freshName('form'), target, { connectTimeoutMs: 1_000, onError() {} })
  return (await rejection(server.start())) as Error
}

describe('the URL of a single Redis', () => {
  it('of any scheme that means one', async function () {
    needRedisServer.call(this)
    await using redis = await RedisProcess.start(['--unixsocket', join(tmpdir(), freshName('redis.sock'))])
    const { port } = redis
    const admin = new Redis(redis.url)
    const [, socket] = (await admin.config('GET', 'unixsocket')) as string[]
    await admin.quit()
    for (const url of [
      `redis://127.0.0.1:${port}`,
      `valkey://127.0.0.1:${port}/3`,
      `127.0.0.1:${port}`,
      `unix://${socket}?db=2`,
    ]) {
      await expectToWork(url)
    }
    await expectToWork({ url: new URL(redis.url) })
  })
})

describe('the URL of a Cluster', () => {
  let cluster: RedisCluster
  before(async function () {
    needRedisServer.call(this)
    cluster = await RedisCluster.start()
  })
  after(() => cluster?.close())

  it('names some of its nodes', async () => {
    const [first, second] = cluster.nodes
    const nobody = await freePort()
    await expectToWork(`redis-cluster://127.0.0.1:${nobody},127.0.0.1:${second?.port},127.0.0.1:${first?.port}`)
  })

  it('is named by the error that a plain URL of a node gets', async () => {
    for (const { url, port } of cluster.nodes) {
      const error = await refusal(url)
      expect(error).to.include({ code: 'ERR_CONNECTION' })
      expect(error.message).to.equal(
        `no connection to Redis at ${url}: it is a node of a Redis Cluster: use redis-cluster://127.0.0.1:${port} (more nodes after commas)`,
      )
    }
  })

  it('is refused with a database, in its words', async () => {
    for (const url of [
      `redis-cluster://127.0.0.1:${cluster.nodes[0]?.port}/5`,
      `${cluster.nodes[0]!.url.replace('redis:', 'redis-cluster:')}?db=5`,
    ]) {
      const error = await refusal(url)
      expect(error).to.include({ code: 'ERR_CONNECTION' })
      expect(error.message).to.include('SELECT is not allowed in cluster mode')
    }
    const borrowed = cluster.connect({ redisOptions: { db: 5 } })
    expect((await refusal(borrowed)).message).to.include('SELECT is not allowed in cluster mode')
    borrowed.disconnect()
  })

  it('of a Redis that is no Cluster is refused in its words', async () => {
    await using redis = await RedisProcess.start()
    const error = await refusal(redis.url.replace('redis:', 'redis-cluster:'))
    expect(error).to.include({ code: 'ERR_CONNECTION' })
    expect(error.message).to.include('This instance has cluster support disabled')
  })

  it('can be a plain one where a single node has every slot', async () => {
    const announce = ['--cluster-announce-ip', '127.0.0.1', '--cluster-port', `${await freePort()}`]
    await using redis = await RedisProcess.start(['--cluster-enabled', 'yes', ...announce])
    const admin = new Redis(redis.url)
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383)
    await admin.quit()
    await expectToWork(redis.url)
    await expectToWork(redis.url.replace('redis:', 'redis-cluster:'))
  })
})

describe('the URL of a Sentinel', () => {
  let master: RedisProcess
  let sentinel: RedisProcess
  before(async function () {
    needRedisServer.call(this)
    master = await RedisProcess.start(['--requirepass', 'secret', '--masterauth', 'secret'])
    sentinel = await RedisProcess.startSentinel([
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel auth-pass main secret',
      'requirepass other',
    ])
  })
  after(async () => {
    await sentinel?.close()
    await master?.close()
  })

  it('names the master, in a database, with the passwords of both', async () => {
    const nobody = await freePort()
    const hosts = `127.0.0.1:${nobody},127.0.0.1:${sentinel.port}`
    await expectToWork(`redis-sentinel://:secret@${hosts}/main?db=1&sentinelPassword=other`)
    const admin = new Redis(master.url, { password: 'secret', db: 1 })
    expect(await admin.info('keyspace')).to.not.match(/^db0/m)
    await admin.quit()
  })

  it('is named by the error that a plain URL gets', async () => {
    const error = await refusal(sentinel.url.replace('//', '//:other@'))
    expect(error).to.include({ code: 'ERR_CONNECTION' })
    expect(error.message).to.equal(
      `no connection to Redis at ${sentinel.url}: it is a Sentinel: use redis-sentinel://127.0.0.1:${sentinel.port}/NAME_OF_THE_MASTER`,
    )
  })
})

describe('the URL of a Redis with TLS', () => {
  let certificate: Certificate | undefined
  let tls: { ca: Buffer }
  before(function () {
    needRedisServer.call(this)
    certificate = makeCertificate()
    if (certificate === undefined) this.skip()
    else tls = { ca: readFileSync(certificate.cert) }
  })
  after(() => certificate?.[Symbol.dispose]())
  const settings = () => certificate?.settings ?? []

  async function start(...more: string[]): Promise<{ redis: RedisProcess; port: number }> {
    const port = await freePort()
    const args = settings().flatMap(([name, value]) => [`--${name}`, value])
    return { redis: await RedisProcess.start([...args, '--tls-port', `${port}`, ...more]), port }
  }

  it('connects with TLS', async () => {
    const { redis, port } = await start()
    for (const host of ['localhost', '127.0.0.1']) await expectToWork({ url: `rediss://${host}:${port}`, tls })
    await expectToWork({ url: `valkeys://localhost:${port}/2`, tls })
    const error = await refusal(`rediss://localhost:${port}`)
    expect(error.message, 'a certificate that nobody signed').to.include('self-signed certificate')
    await redis.close()
  })

  it('connects with TLS to the nodes of a Cluster', async () => {
    const announce = ['--cluster-announce-ip', '127.0.0.1', '--cluster-port', `${await freePort()}`]
    const { redis, port } = await start('--cluster-enabled', 'yes', '--tls-cluster', 'yes', ...announce)
    const admin = new Redis(redis.url)
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383)
    await admin.quit()
    await expectToWork({ url: `rediss-cluster://localhost:${port}`, tls })
    await redis.close()
  })

  it('connects with TLS to Sentinels and the master they name', async () => {
    const { redis, port } = await start()
    const sentinelPort = await freePort()
    const sentinel = await RedisProcess.startSentinel([
      ...settings().map((setting) => setting.join(' ')),
      `tls-port ${sentinelPort}`,
      `sentinel monitor main 127.0.0.1 ${port} 1`,
    ])
    await expectToWork({ url: `rediss-sentinel://localhost:${sentinelPort}/main`, tls })
    await sentinel.close()
    await redis.close()
  })
})

describe('what connections are called', () => {
  it('tells in CLIENT LIST what they are for', async function () {
    needRedisServer.call(this)
    await using redis = await RedisProcess.start()
    const admin = new Redis(redis.url)
    const service = 'käse laden'
    await using server = new RedisRPCServer(redis.url, service, target)
    await server.start()
    const client = new RedisRPCClient<typeof target>(`${redis.url}?connectionName=mine`, service)
    await client.add(1, 2)
    const list = (await admin.client('LIST')) as string
    const names = [...list.matchAll(/ name=(\S*)/g)].map(([, name]) => name).filter((name) => name !== '')
    expect(names.sort()).to.deep.equal([
      ...Array(2).fill('mine'),
      ...Array(2).fill('redis-object-rpc:k%C3%A4se%20laden:server'),
    ])
    await control(client).close()
    await admin.quit()
  })
})

describe('a plain URL of a node that answers no HELLO', () => {
  it('names the form once a command is moved', async () => {
    await using redis = await FakeRedis.start()
    redis.answers.set('LLEN', () => reply.error('MOVED 866 127.0.0.1:7002'))
    const error = await refusal(redis.url)
    expect(error.message).to.include('MOVED 866 127.0.0.1:7002').and.include('use redis-cluster://127.0.0.1:7002')
  })
})
