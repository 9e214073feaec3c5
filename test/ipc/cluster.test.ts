import { expect } from 'chai'
import { type Cluster, Redis } from 'ioredis'
import { Cache, GroupReadStream, ReadQueue, ReadStream, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { freshName } from '../helpers/names.ts'
import { RedisCluster } from '../helpers/redis-cluster.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'

describe('shared structures on a cluster', () => {
  let nodes: RedisCluster
  let lent: Cluster
  before(async function () {
    needRedisServer.call(this)
    nodes = await RedisCluster.start()
    lent = nodes.connect()
  })
  after(async () => {
    lent?.disconnect()
    await nodes?.close()
  })

  const allKeys = async (name: string) => {
    const keys = await Promise.all(nodes.admins.map((admin) => admin.keys(`*${name}*`)))
    return keys.flat()
  }

  // Several names, so that several nodes are met.
  for (const base of ['jobs', 'a', 'b', 'c', '{tag}:jobs', 'od{d']) {
    it(`keeps what belongs to the queue ${base} in one slot`, async () => {
      const name = freshName(base)
      const jobs = new WriteQueue<number>(lent, name)
      const queue = new ReadQueue<number>(lent, name, { reliable: true, maxAttempts: 2 })
      const waiting = queue.bNext()
      await jobs.publish(1)
      await (await waiting)?.nack({ delayMs: 20 })
      await (await queue.bNext())?.nack({ reason: 'twice' })
      expect(await queue.deadLetters.replayAll()).to.equal(1)
      const seen: number[] = []
      const stop = new AbortController()
      const processing = queue.process(
        ({ content }) => {
          if (seen.push(content) === 3) stop.abort()
        },
        { concurrency: 5, signal: stop.signal },
      )
      await jobs.publish(2)
      await jobs.publish(3, { delayMs: 20 })
      await processing
      await jobs.publish(4)
      const plain = new ReadQueue<number>(lent, name)
      await queue.close()
      expect((await plain.bNext())?.content).to.equal(4)
      await Promise.all([plain.close(), jobs.close()])
      expect(seen).to.deep.equal([1, 2, 3])
      expect(await allKeys(name)).to.deep.equal([])
    })
  }

  it('spreads the entries of a cache, and loads each once', async () => {
    const name = freshName('cache')
    // In the other layout, that of Redis 7.4 and Valkey 9, all entries are in one key.
    const caches = [0, 1].map(() => new Cache<string>(lent, name, { layout: 'keys', checkEveryMs: 50 }))
    let loads = 0
    for (let field = 0; field < 12; field++) {
      const load = async () => {
        loads++
        return `value ${field}`
      }
      const values = await Promise.all(caches.map((cache) => cache.getOrSet(`${field}`, load, { ttlMs: 60_000 })))
      expect(values).to.deep.equal([`value ${field}`, `value ${field}`])
    }
    expect(loads).to.equal(12)
    const homes = await Promise.all(nodes.admins.map((admin) => admin.keys(`${name}*`)))
    expect(homes.filter((keys) => keys.length > 0).length).to.be.at.least(2)
    const waiting = caches[0]?.bGet('late')
    await caches[1]?.set('late', 'now')
    expect(await waiting).to.equal('now')
    await Promise.all(caches.map((cache) => cache.close()))
    expect((await allKeys(name)).filter((key) => key.endsWith('lock'))).to.deep.equal([])
  })

  it('reads a stream, alone and in a group', async () => {
    const name = freshName('events')
    const out = new WriteStream<number>(lent, name)
    const reader = new ReadStream<number>(lent, name)
    const group = new GroupReadStream<number>(lent, name, 'group', { from: '0', maxAttempts: 1 })
    await reader.open()
    const waiting = reader.bNext()
    await out.publish(1)
    expect((await waiting)?.content).to.equal(1)
    await (await group.bNext())?.nack()
    const [letter] = await group.deadLetters.list()
    expect(await group.deadLetters.replay(letter!.id)).to.equal(true)
    const event = await group.bNext()
    expect(event?.content).to.equal(1)
    await event?.ack()
    await Promise.all([out.close(), reader.close(), group.close()])
    expect(await allKeys(name)).to.deep.equal([name])
  })
})

describe('shared structures with a key prefix', () => {
  let redis: RedisProcess | undefined
  let raw: Redis
  before(async function () {
    needRedisServer.call(this)
    redis = await RedisProcess.start(['--notify-keyspace-events', 'K$'])
    raw = new Redis({ port: redis.port, db: 3 })
  })
  after(async () => {
    raw?.disconnect()
    await redis?.close()
  })

  it('put it before each of their keys, and find them again', async () => {
    const { port } = redis as RedisProcess
    const prefixed = { host: '127.0.0.1', port, keyPrefix: 'app:', db: 3 }
    const jobs = new WriteQueue(prefixed, 'jobs')
    const readers = [new ReadQueue(prefixed, 'jobs', { reliable: true }), new ReadQueue(prefixed, 'jobs')] as const
    for (const reader of readers) {
      const waiting = reader.bNext()
      await jobs.publish('work')
      const task = await waiting
      expect(task?.content).to.equal('work')
      await (task as { ack?(): Promise<void> }).ack?.()
      await reader.close()
    }
    const cache = new Cache(prefixed, 'users', { layout: 'keys', checkEveryMs: 1_000_000 })
    const got = cache.bGet('17')
    await until(async () => (await raw.pubsub('CHANNELS', '*')).length === 2)
    await raw.set('app:users:entry:17', '{"timestamp":1,"content":"Ada"}')
    expect(await got, 'by a keyspace event').to.equal('Ada')
    const events = new ReadStream(prefixed, 'events')
    const group = new GroupReadStream(prefixed, 'events', 'group')
    await Promise.all([events.open(), group.open()])
    const out = new WriteStream(prefixed, 'events')
    await out.publish(1)
    expect((await events.bNext())?.content).to.equal(1)
    await (await group.bNext())?.ack()
    await Promise.all([jobs, cache, events, group, out].map((each) => each.close()))
    expect((await raw.keys('*')).toSorted()).to.deep.equal(['app:events', 'app:users:entry:17'])
  })
})
