import { expect } from 'chai'
import { Cache, ReadQueue, ReadStream, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { linesOf, needPython, startPeer } from '../helpers/python.ts'
import { Bench, needScripts } from './helpers.ts'

const CONTENTS: readonly unknown[] = [{ image: 'ä☃.png', width: 320, tags: [] }, 'text', 1.5, null, [[1], {}]]

/** Each structure with a stand-in for redis_ipc at its other end. */
describeOnEachRedis('redis_ipc', (redis) => {
  const bench = new Bench(redis, 'peer')
  before(needPython)
  afterEach(async () => {
    await bench.closeAll()
    await bench.raw.del(bench.name)
    expect(await bench.keys()).to.deep.equal([])
  })

  const run = (what: string, ...args: unknown[]) =>
    linesOf(startPeer('redis_ipc_peer.py', what, redis().url, bench.name, ...args.map(String)))
  const json = (lines: readonly string[]) => lines.map((line) => JSON.parse(line))

  it('reads the tasks that are published here', async () => {
    const jobs = bench.open(new WriteQueue(redis().url, bench.name))
    for (const content of CONTENTS) await jobs.publish(content)
    expect(json(await run('read', CONTENTS.length))).to.deep.equal(CONTENTS)
  })

  it('reads a task with metadata, also one that was sent back', async function () {
    await needScripts.call(this, bench.raw)
    const jobs = bench.open(new WriteQueue(redis().url, bench.name))
    await jobs.publish({ n: 1 }, { metadata: { tenant: 'acme' } })
    await jobs.publish({ n: 2 }, { metadata: { tenant: 'acme' } })
    const queue = bench.open(new ReadQueue(redis().url, bench.name, { reliable: true }))
    await (await queue.bNext())?.nack()
    expect(json(await run('read', 2))).to.deep.equal([{ n: 2 }, { n: 1 }])
  })

  it('reads a task that a reliable reader has sent back', async function () {
    await needScripts.call(this, bench.raw)
    const queue = bench.open(new ReadQueue(redis().url, bench.name, { reliable: true }))
    await run('publish', '{"n":1}')
    await (await queue.bNext())?.nack()
    expect(json(await run('read', 1))).to.deep.equal([{ n: 1 }])
  })

  it('reads the JSON of what JSON does not carry exactly', async () => {
    const jobs = bench.open(new WriteQueue(redis().url, bench.name))
    await jobs.publish({ at: new Date(0), ids: new Set([1]) })
    expect(json(await run('read', 1))).to.deep.equal([{ at: '1970-01-01T00:00:00.000Z', ids: [1] }])
  })

  for (const reliable of [false, true]) {
    it(`publishes tasks that a ${reliable ? 'reliable' : 'plain'} reader waits for`, async function () {
      await needScripts.call(this, bench.raw)
      const queue: ReadQueue<unknown> = bench.open(
        reliable ? new ReadQueue(redis().url, bench.name, { reliable }) : new ReadQueue(redis().url, bench.name),
      )
      const waiting = queue.bNext()
      const uuids = json(await run('publish', ...CONTENTS.map((content) => JSON.stringify(content))))
      const tasks = [await waiting]
      while (tasks.length < CONTENTS.length) tasks.push(await queue.bNext())
      expect(tasks.map((task) => task?.uuid)).to.deep.equal(uuids)
      expect(tasks.map((task) => task?.content)).to.deep.equal(CONTENTS)
      for (const task of tasks) await (task as { ack?(): Promise<void> }).ack?.()
    })
  }

  it('gets the entries that are set here, and sets those that are got here', async () => {
    const cache = bench.open(new Cache(redis().url, bench.name, { layout: 'hash' }))
    const got = run('bget', '17')
    await cache.set('17', CONTENTS)
    expect(json(await got)).to.deep.equal([CONTENTS])
    await run('set', '18', '{"name":"Ada"}')
    expect(await cache.get('18')).to.deep.equal({ name: 'Ada' })
  })

  it('sets an entry that is waited for here', async () => {
    const cache = bench.open(new Cache(redis().url, bench.name, { layout: 'hash', checkEveryMs: 20 }))
    const waiting = cache.bGet('17')
    await run('set', '17', '"Ada"')
    expect(await waiting).to.equal('Ada')
  })

  it('follows the events that are published here', async () => {
    const out = bench.open(new WriteStream(redis().url, bench.name))
    for (const content of CONTENTS) await out.publish(content, { metadata: { tenant: 'acme' } })
    expect(json(await run('follow', CONTENTS.length))).to.deep.equal(CONTENTS)
  })

  it('writes its event 42-0, which is read here', async () => {
    expect(json(await run('emit', '{"price":17.0}'))).to.deep.equal(['42-0'])
    const prices = bench.open(new ReadStream(redis().url, bench.name, { from: '0' }))
    expect(await prices.bNext()).to.deep.equal({ id: '42-0', content: { price: 17 }, metadata: {} })
    const out = bench.open(new WriteStream(redis().url, bench.name))
    const id = await out.publish('behind it')
    expect(await prices.bNext()).to.deep.equal({ id, content: 'behind it', metadata: {} })
  })
})
