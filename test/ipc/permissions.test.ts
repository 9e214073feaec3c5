import { expect } from 'chai'
import { Redis } from 'ioredis'
import { Cache, ReadQueue, WriteQueue } from 'redis-object-rpc/ipc'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'

describe('shared structures of a user who may not use channels', () => {
  let redis: RedisProcess
  let admin: Redis
  let url: string
  before(async function () {
    needRedisServer.call(this)
    redis = await RedisProcess.start()
    admin = new Redis(redis.url)
    await admin.acl('SETUSER', 'app', 'on', '>secret', '~*', '+@all', 'resetchannels')
    url = `redis://app:secret@127.0.0.1:${redis.port}`
  })
  afterEach(async () => {
    expect(await admin.keys('*')).to.deep.equal([])
  })
  after(async () => {
    admin?.disconnect()
    await redis?.close()
  })

  for (const reliable of [false, true]) {
    it(`has delayed tasks all the same (${reliable ? 'reliable' : 'plain'})`, async () => {
      const errors: Error[] = []
      const onError = (error: Error) => void errors.push(error)
      const queue: ReadQueue<number> = reliable
        ? new ReadQueue(url, 'jobs', { reliable, onError })
        : new ReadQueue(url, 'jobs', { onError })
      const waiting = queue.bNext()
      const jobs = new WriteQueue<number>(url, 'jobs')
      await jobs.publish(1, { delayMs: 30 })
      const task = await waiting
      expect(task?.content).to.equal(1)
      await (task as { ack?(): Promise<void> }).ack?.()
      await Promise.all([queue.close(), jobs.close()])
      expect(errors.map(({ message }) => message.split(' ')[0])).to.deep.equal(['NOPERM'])
    })
  }

  it('waits for entries by looking for them', async () => {
    const caches = [0, 1].map(() => new Cache<string>(url, 'users', { layout: 'keys', checkEveryMs: 20 }))
    const waiting = caches[0]?.bGet('17')
    await caches[1]?.set('17', 'Ada')
    expect(await waiting).to.equal('Ada')
    const loads = caches.map((cache) => cache.getOrSet('18', () => 'Bob'))
    expect(await Promise.all(loads)).to.deep.equal(['Bob', 'Bob'])
    await Promise.all(caches.map((cache) => cache.close()))
    await admin.del('users:entry:17', 'users:entry:18')
  })
})
