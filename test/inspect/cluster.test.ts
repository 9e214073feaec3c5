import { expect } from 'chai'
import { type Cluster, Redis } from 'ioredis'
import { RedisRPC } from 'redis-object-rpc'
import { WriteQueue } from 'redis-object-rpc/ipc'
import { Inspector } from '../../lib/inspect/index.ts'
import { RedisCluster } from '../helpers/redis-cluster.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']

describe('an inspector', () => {
  before(needRedisServer)

  it('sees all nodes of a cluster', async () => {
    await using nodes = await RedisCluster.start()
    const lent: Cluster = nodes.connect()
    const rpc = new RedisRPC(lent)
    const inspector = new Inspector(lent)
    try {
      for (const name of NAMES) {
        await rpc.serve(`service-${name}`, { add: () => 1 })
        await using queue = new WriteQueue(lent, `queue-${name}`)
        await queue.publish(1)
      }
      await until(async () => (await inspector.services()).length === NAMES.length)
      expect(await inspector.services()).to.deep.equal(
        NAMES.map((name) => ({ name: `service-${name}`, servers: 1, waiting: 0, oldestMs: undefined })),
      )
      for (const name of NAMES) expect((await inspector.service(`service-${name}`)).servers).to.have.lengthOf(1)
      const { items, cursor } = await inspector.queues()
      expect(cursor).to.equal(undefined)
      expect(items.map(({ name }) => name).sort()).to.deep.equal(NAMES.map((name) => `queue-${name}`))
      expect(await inspector.queueItems('queue-c', 'waiting')).to.have.lengthOf(1)
    } finally {
      await inspector.close()
      await rpc.close()
      lent.disconnect()
    }
  })

  it('sees what is behind a key prefix, and only that', async () => {
    await using server = await RedisProcess.start([])
    const prefixed = new Redis(server.url, { keyPrefix: 'app*:' })
    const plain = new Redis(server.url)
    try {
      for (const redis of [prefixed, plain]) await redis.lpush(redis === plain ? 'other' : 'jobs', '{"uuid":"a"}')
      await using inspector = new Inspector(prefixed)
      expect((await inspector.queues()).items.map(({ name }) => name)).to.deep.equal(['jobs'])
      expect(await inspector.queueItems('jobs', 'waiting')).to.have.lengthOf(1)
    } finally {
      prefixed.disconnect()
      plain.disconnect()
    }
  })
})
