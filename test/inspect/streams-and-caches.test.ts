import { expect } from 'chai'
import { Redis } from 'ioredis'
import { Cache, GroupReadStream, WriteStream } from 'redis-object-rpc/ipc'
import { Inspector } from '../../lib/inspect/index.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'

describeOnEachRedis('an inspector of streams and caches', (redis) => {
  let inspector: Inspector
  let admin: Redis
  beforeEach(() => {
    inspector = new Inspector(redis().url)
    admin = new Redis(redis().url)
  })
  afterEach(async () => {
    await inspector.close()
    await admin.flushall()
    admin.disconnect()
  })

  it('shows streams with their groups, what is pending, and how far behind they are', async () => {
    await using out = new WriteStream<number>(redis().url, 'prices')
    for (const price of [1, 2, 3]) await out.publish(price)
    await using group = new GroupReadStream<number>(redis().url, 'prices', 'billing', { from: '0', maxAttempts: 1 })
    const first = await group.next()
    await first?.nack({ reason: 'no' })
    await group.next()
    await admin.set('string', 'a')
    const view = {
      name: 'prices',
      length: 3,
      groups: [{ name: 'billing', consumers: 1, pending: 1, lag: 1, dead: 1 }],
    }
    const seen = (await inspector.streams()).items
    expect(seen.map(({ name }) => name)).to.deep.equal(['prices'])
    const { lag, ...shown } = seen[0]!.groups[0]!
    const { lag: expected, ...others } = view.groups[0]!
    // A reader may have fetched more than was asked for.
    expect(lag).to.be.within(0, expected)
    expect({ ...shown, pending: 0 }).to.deep.equal({ ...others, pending: 0 })
    expect(shown.pending).to.equal(3 - 1 - lag!)
    expect(await inspector.stream('prices')).to.deep.equal(seen[0])
    expect(await inspector.stream('string')).to.deep.equal({ name: 'string', length: 0, groups: [] })
    expect(await inspector.stream('nope')).to.deep.equal({ name: 'nope', length: 0, groups: [] })
    expect((await inspector.streams({ match: 'x*' })).items).to.deep.equal([])
  })

  it('shows caches of both layouts, and their entries', async () => {
    await using users = new Cache<unknown>(redis().url, 'users', { layout: 'hash' })
    await using pages = new Cache<unknown>(redis().url, 'pages', { layout: 'keys' })
    await users.set('17', { name: 'Ada' })
    await users.set('18', 'a'.repeat(50_000))
    await pages.set('/', '<b>', { ttlMs: 3_600_000 })
    await pages.set('/a', 1)
    await admin.hset('hash', 'a', 'b')
    const { items, cursor } = await inspector.caches()
    expect(cursor).to.equal(undefined)
    expect(items).to.deep.equal([
      { name: 'users', layout: 'hash', entries: 2 },
      { name: 'pages', layout: 'keys', entries: undefined },
    ])
    const ada = await inspector.cacheGet('users', '17')
    expect(ada).to.include({ layout: 'hash', ttlMs: undefined })
    expect(JSON.parse(ada!.text).content).to.deep.equal({ name: 'Ada' })
    const large = await inspector.cacheGet('users', '18')
    expect(large?.text).to.have.lengthOf(10_000)
    expect(large?.bytes).to.be.greaterThan(50_000)
    const page = await inspector.cacheGet('pages', '/')
    expect(page?.layout).to.equal('keys')
    expect(page?.ttlMs).to.be.within(1, 3_600_000)
    expect(await inspector.cacheGet('pages', 'nope')).to.equal(undefined)
    expect(await inspector.cacheDelete('pages', '/')).to.equal(true)
    expect(await inspector.cacheDelete('users', '17')).to.equal(true)
    expect(await inspector.cacheDelete('users', '17')).to.equal(false)
    expect(await pages.exists('/')).to.equal(false)
    expect((await inspector.caches({ match: 'u*' })).items).to.deep.equal([
      { name: 'users', layout: 'hash', entries: 1 },
    ])
  })
})
