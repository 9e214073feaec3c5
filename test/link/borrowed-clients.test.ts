import { expect } from 'chai'
import * as ioredis from 'ioredis'
import * as ioredis5 from 'ioredis-5'
import * as iovalkey from 'iovalkey'
import { control, RedisRPCClient, RedisRPCServer, type RedisSource } from 'redis-object-rpc'
import { FunctionClient, FunctionServer } from 'redis-object-rpc/functions'
import { Cache, GroupReadStream, ReadQueue, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { RedisCluster } from '../helpers/redis-cluster.ts'
import { needRedisServer } from '../helpers/redis-process.ts'

/** A client that a user of ours may have already. */
interface UsersClient {
  readonly status: string
  disconnect(): void
}

async function expectToWork(source: RedisSource): Promise<void> {
  const name = freshName('{clients}')
  const target = { add: (a: number, b: number) => a + b }
  await using server = new RedisRPCServer(source, name, target)
  await server.start()
  const client = new RedisRPCClient<typeof target>(source, name)
  expect(await Promise.all(Array.from({ length: 20 }, (_, i) => client.add(i, 1)))).to.include.members([1, 20])
  await control(client).close()

  const functions = { twice: ({ n }: { n: number }) => 2 * n }
  await using functionServer = new FunctionServer(source, functions, { prefix: name })
  await functionServer.start()
  await using functionClient = new FunctionClient<typeof functions>(source, { prefix: name })
  expect(await functionClient.fn.twice({ n: 4 })).to.equal(8)

  await using queue = new WriteQueue<number>(source, `${name}:queue`)
  await using tasks = new ReadQueue<number>(source, `${name}:queue`, { reliable: true })
  await queue.publish(1)
  const task = await tasks.bNext()
  expect(task?.content).to.equal(1)
  await task?.ack()

  await using cache = new Cache<number>(source, `${name}:cache`)
  const entry = cache.bGet('a')
  await cache.set('a', 2)
  expect(await entry).to.equal(2)

  await using stream = new WriteStream<number>(source, `${name}:stream`)
  await stream.publish(3)
  await using group = new GroupReadStream<number>(source, `${name}:stream`, 'group', { from: '0' })
  const event = await group.bNext()
  expect(event?.content).to.equal(3)
  await event?.ack()
}

const libraries: [
  name: string,
  connect: (
    url: string,
    options?: { keyPrefix?: string },
  ) => UsersClient & RedisSource & { select(db: number): unknown },
][] = [
  ['ioredis 6', (url, options = {}) => new ioredis.Redis(url, options)],
  ['ioredis 5', (url, options = {}) => new ioredis5.Redis(url, options)],
  ['iovalkey', (url, options = {}) => new iovalkey.Redis(url, options)],
]

describeOnEachRedis("a user's own client", (redis) => {
  for (const [library, connect] of libraries) {
    it(`of ${library} is borrowed`, async () => {
      const client = connect(redis().url)
      await expectToWork(client)
      expect(client.status).to.equal('ready')
      client.disconnect()
    })

    it(`of ${library} keeps its prefix, before fields that expire too`, async () => {
      const client = connect(redis().url, { keyPrefix: 'prefix:' })
      const name = freshName('prefix')
      const admin = new ioredis.Redis(redis().url)
      await using cache = new Cache<number>(client, name)
      await cache.set('a', 1, { ttlMs: 60_000 })
      const [key = ''] = (await admin.keys('*')).filter((each) => each.includes(name))
      expect(key).to.match(/^prefix:/)
      const left =
        (await admin.type(key)) === 'hash' ? await admin.hpttl(key, 'FIELDS', 1, 'a') : [await admin.pttl(key)]
      expect(left?.[0]).to.be.within(1, 60_000)
      client.disconnect()
      await admin.del(key)
      await admin.quit()
    })

    it(`of ${library} is borrowed with the database that it has selected`, async () => {
      const client = connect(redis().url)
      await client.select(5)
      const name = freshName('selected')
      await using queue = new WriteQueue<number>(client, name)
      await queue.publish(1)
      client.disconnect()
      const admin = new ioredis.Redis(redis().url, { db: 5 })
      expect(await admin.del(name)).to.equal(1)
      await admin.quit()
    })
  }
})

describe("a user's own client of a Cluster", () => {
  let cluster: RedisCluster
  before(async function () {
    needRedisServer.call(this)
    cluster = await RedisCluster.start()
  })
  after(() => cluster?.close())

  const clusters: [name: string, connect: (url: string) => UsersClient & RedisSource][] = [
    ['ioredis 6', (url) => new ioredis.Cluster([url])],
    ['ioredis 5', (url) => new ioredis5.Cluster([url])],
    ['iovalkey', (url) => new iovalkey.Cluster([url])],
  ]
  for (const [library, connect] of clusters) {
    it(`of ${library} is borrowed`, async () => {
      const client = connect(cluster.nodes[0]!.url)
      await expectToWork(client)
      expect(client.status).to.equal('ready')
      client.disconnect()
    })
  }
})
