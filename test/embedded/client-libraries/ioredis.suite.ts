import { once } from 'node:events'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import type { RunningRedis } from '../../helpers/backends.ts'
import { freshName } from '../../helpers/names.ts'

/** What users of ioredis do. */
export function ioredisSuite(redis: () => RunningRedis): void {
  const prefix = `${freshName('ioredis')}:`
  const open: Redis[] = []
  let client: Redis

  /** A client of its own, with names that nobody else has. */
  function connect(options: { readonly connectionName?: string } = {}): Redis {
    const made = new Redis(redis().url, { keyPrefix: prefix, ...options })
    open.push(made)
    return made
  }
  before(() => {
    client = connect()
  })
  after(async () => {
    for (const one of open) one.disconnect()
  })

  it('introduces itself', async () => {
    const named = connect({ connectionName: 'shop' })
    expect(await named.client('GETNAME')).to.equal('shop')
    expect(await named.info('server')).to.match(/redis_version:\d+\./)
    expect(named.status).to.equal('ready')
  })

  it('reads and writes every type', async () => {
    await client.set('s', 'v', 'EX', 100, 'NX')
    expect(await client.set('s', 'w', 'NX')).to.equal(null)
    expect(await client.getBuffer('s')).to.deep.equal(Buffer.from('v'))
    await client.hset('h', { a: 1, b: 'two' })
    expect(await client.hgetall('h')).to.deep.equal({ a: '1', b: 'two' })
    await client.rpush('l', 'a', 'b', 'c')
    expect(await client.lrange('l', 0, -1)).to.deep.equal(['a', 'b', 'c'])
    await client.sadd('set', 'x', 'y')
    expect((await client.smembers('set')).sort()).to.deep.equal(['x', 'y'])
    await client.zadd('z', '1', 'one', '2.5', 'more')
    expect(await client.zrange('z', '0', '-1', 'WITHSCORES')).to.deep.equal(['one', '1', 'more', '2.5'])
    const bytes = Buffer.from([0, 255, 13, 10, 128])
    await client.set('bytes', bytes)
    expect(await client.getBuffer('bytes')).to.deep.equal(bytes)
    const error: unknown = await client.lpush('s', 'x').catch((e: unknown) => e)
    expect(error)
      .to.have.property('message')
      .that.matches(/^WRONGTYPE /)
  })

  it('sends pipelines and transactions', async () => {
    const results = await client.pipeline().set('p', '1').incr('p').lpush('p', 'x').get('p').exec()
    expect(results!.map(([error, value]) => (error === null ? value : error.message.split(' ')[0]))).to.deep.equal([
      'OK',
      2,
      'WRONGTYPE',
      '2',
    ])
    expect(await client.multi().set('t', '1').incrby('t', 4).exec()).to.deep.equal([
      [null, 'OK'],
      [null, 5],
    ])
    const [watcher, other] = [connect(), connect()]
    await watcher.watch('t')
    await other.incr('t')
    expect(await watcher.multi().set('t', 'lost').exec()).to.equal(null)
    expect(await client.get('t')).to.equal('6')
  })

  it('pipelines by itself', async () => {
    const automatic = new Redis(redis().url, { keyPrefix: prefix, enableAutoPipelining: true })
    open.push(automatic)
    const values = await Promise.all(Array.from({ length: 500 }, (_, i) => automatic.hincrby('auto', `f${i % 10}`, 1)))
    expect(values.filter((value) => value === 50)).to.have.length(10)
  })

  it('defines commands in Lua, sent as EVALSHA and as EVAL where that is unknown', async () => {
    client.defineCommand('addTo', {
      numberOfKeys: 1,
      lua: "return redis.call('INCRBY', KEYS[1], ARGV[1]) * 2",
    })
    const scripted = client as Redis & { addTo(key: string, by: number): Promise<number> }
    expect(await scripted.addTo('lua', 4)).to.equal(8)
    expect(await scripted.addTo('lua', 1)).to.equal(10)
  })

  it('waits for what another pushes', async () => {
    const waiting = connect()
    const popped = waiting.blpop('queue', 'other', 0)
    await client.rpush('queue', 'job')
    expect(await popped).to.deep.equal([`${prefix}queue`, 'job'])
    expect(await waiting.blmove('none', 'nowhere', 'LEFT', 'RIGHT', 0.01)).to.equal(null)
  })

  it('subscribes to channels and patterns', async () => {
    // It would put its prefix before the names of channels, and not before those of messages.
    const subscriber = new Redis(redis().url)
    open.push(subscriber)
    expect(await subscriber.subscribe(`${prefix}news`)).to.equal(1)
    expect(await subscriber.psubscribe(`${prefix}log.*`)).to.equal(2)
    const message = once(subscriber, 'message')
    const matched = once(subscriber, 'pmessage')
    expect(await client.publish(`${prefix}news`, 'hello')).to.equal(1)
    await client.publish(`${prefix}log.x`, 'line')
    expect(await message).to.deep.equal([`${prefix}news`, 'hello'])
    expect(await matched).to.deep.equal([`${prefix}log.*`, `${prefix}log.x`, 'line'])
    await subscriber.unsubscribe(`${prefix}news`)
    await subscriber.punsubscribe(`${prefix}log.*`)
    expect(await subscriber.get('nothing')).to.equal(null)
  })

  it('iterates with scan streams', async () => {
    const keys = Array.from({ length: 300 }, (_, i) => `scan:${i}`)
    await client.mset(Object.fromEntries(keys.map((key) => [key, 'x'])))
    const found = new Set<string>()
    const stream = client.scanStream({ match: `${prefix}scan:*`, count: 40 })
    for await (const batch of stream) for (const key of batch as string[]) found.add(key.slice(prefix.length))
    expect([...found].sort()).to.deep.equal(keys.sort())
  })

  it('shares a stream in a group', async () => {
    await client.xgroup('CREATE', 'events', 'workers', '$', 'MKSTREAM')
    const worker = connect()
    const read = worker.xreadgroup('GROUP', 'workers', 'w1', 'BLOCK', 0, 'STREAMS', 'events', '>')
    const id = await client.xadd('events', '*', 'kind', 'made')
    expect(await read).to.deep.equal([[`${prefix}events`, [[id, ['kind', 'made']]]]])
    expect(await client.xpending('events', 'workers')).to.deep.equal([1, id, id, [['w1', '1']]])
    expect(await client.xack('events', 'workers', id!)).to.equal(1)
  })

  it('shows what a monitor sees', async () => {
    const monitor = await connect().monitor()
    const seen = once(monitor, 'monitor')
    await client.set('watched', 'x')
    const [, argv] = (await seen) as [string, string[]]
    monitor.disconnect()
    expect(argv.map((word, i) => (i === 0 ? word.toLowerCase() : word))).to.deep.equal(['set', `${prefix}watched`, 'x'])
  })
}
