import { expect } from 'chai'
import { Redis } from 'ioredis'
import { Cache, WriteQueue } from 'redis-object-rpc/ipc'
import { Inspector } from '../../lib/inspect/index.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'

/** Its connections end their waits by lists of their own. */
const WAKES = ['~{*}:wake:*', '+blmpop', '+rpush', '+pexpire', '+del']

describe('an inspector of a user who may only read', () => {
  let process: RedisProcess
  let admin: Redis
  before(async function () {
    needRedisServer.call(this)
    process = await RedisProcess.start()
    admin = new Redis(process.url)
    const users = {
      reader: ['%R~*', '-@all', '+@read', '+@connection', '+time', '+eval_ro'],
      'with-eval': ['%RW~[a-z]*', '%RW~{jobs}:*', '+@all', '-eval_ro', '-evalsha_ro'],
    }
    for (const [user, rules] of Object.entries(users))
      await admin.acl('SETUSER', user, 'on', '>secret', ...rules, ...WAKES)
    const queue = new WriteQueue<string>(process.url, 'jobs')
    await queue.publish('a')
    await queue.publish('b', { delayMs: 600_000 })
    await queue.close()
    const cache = new Cache<string>(process.url, 'users', { layout: 'hash' })
    await cache.set('17', 'Ada')
    await cache.close()
    await admin.xadd('{jobs}:dead', '1-1', 'task', '{"uuid":"c"}', 'reason', 'no', 'attempts', '5')
  })
  after(async () => {
    admin?.disconnect()
    await process?.close()
  })

  for (const user of ['reader', 'with-eval']) {
    it(`sees queues, tasks and caches (${user})`, async () => {
      const told: Error[] = []
      const url = process.url.replace('//', `//${user}:secret@`)
      await using inspector = new Inspector(url, { onError: (error) => void told.push(error) })
      const counts = { name: 'jobs', waiting: 1, delayed: 1, dead: 1 }
      expect((await inspector.queues()).items.map((each) => ({ ...each }))[0]).to.include(counts)
      for (const part of ['waiting', 'delayed', 'dead'] as const)
        expect(await inspector.queueItems('jobs', part)).to.have.lengthOf(1)
      expect((await inspector.caches()).items).to.have.lengthOf(1)
      expect(await inspector.cacheGet('users', '17'))
        .to.have.property('text')
        .that.includes('Ada')
      expect(told).to.deep.equal([])
    })
  }

  it('cannot drain a queue', async () => {
    await using inspector = new Inspector(process.url.replace('//', '//reader:secret@'), { onError() {} })
    const error = await inspector.drain('jobs').catch((reason: unknown) => reason)
    expect(error).to.have.property('code', 'ERR_CONNECTION')
    expect(error).to.have.property('message').that.includes('permission')
    expect(await admin.llen('jobs')).to.equal(1)
  })
})
