import { expect } from 'chai'
import { createClient, defineScript, ErrorReply, type RedisArgument, WatchError } from 'redis'
import type { RunningRedis } from '../../helpers/backends.ts'
import { freshName } from '../../helpers/names.ts'

const SCRIPTS = {
  addTo: defineScript({
    SCRIPT: "return redis.call('INCRBY', KEYS[1], ARGV[1]) * 2",
    NUMBER_OF_KEYS: 1,
    parseCommand(parser, key: RedisArgument, by: number) {
      parser.pushKey(key)
      parser.push(`${by}`)
    },
    transformReply: undefined as unknown as () => number,
  }),
}

/** What users of node-redis do, in both versions of the protocol. */
export function nodeRedisSuite(redis: () => RunningRedis): void {
  for (const RESP of [2, 3] as const) describe(`with RESP${RESP}`, () => nodeRedisSessions(redis, RESP))
}

function nodeRedisSessions(redis: () => RunningRedis, RESP: 2 | 3): void {
  const prefix = `${freshName('node-redis')}:`
  const key = (name: string): string => prefix + name
  const make = () => createClient({ url: redis().url, RESP, name: 'shop', scripts: SCRIPTS })
  type Client = ReturnType<typeof make>
  const open: Client[] = []
  let client: Client

  async function connect(): Promise<Client> {
    const made = make()
    made.on('error', () => {})
    open.push(made)
    await made.connect()
    return made
  }
  before(async () => {
    client = await connect()
  })
  after(async () => {
    for (const one of open) await one.close()
  })

  it('introduces itself', async () => {
    expect(await client.clientGetName()).to.equal('shop')
    expect(await client.clientInfo()).to.include({ name: 'shop', db: 0 })
    expect(await client.ping()).to.equal('PONG')
  })

  it('reads and writes every type', async () => {
    expect(await client.set(key('s'), 'v', { expiration: { type: 'EX', value: 100 }, condition: 'NX' })).to.equal('OK')
    expect(await client.ttl(key('s'))).to.be.within(99, 100)
    await client.hSet(key('h'), { a: '1', b: 'two' })
    expect({ ...(await client.hGetAll(key('h'))) }).to.deep.equal({ a: '1', b: 'two' })
    await client.rPush(key('l'), ['a', 'b', 'c'])
    expect(await client.lRange(key('l'), 0, -1)).to.deep.equal(['a', 'b', 'c'])
    await client.sAdd(key('set'), ['x', 'y'])
    expect([...(await client.sMembers(key('set')))].sort()).to.deep.equal(['x', 'y'])
    await client.zAdd(key('z'), [
      { value: 'one', score: 1 },
      { value: 'more', score: 2.5 },
      { value: 'all', score: Number.POSITIVE_INFINITY },
    ])
    expect(await client.zRangeWithScores(key('z'), 0, -1)).to.deep.equal([
      { value: 'one', score: 1 },
      { value: 'more', score: 2.5 },
      { value: 'all', score: Number.POSITIVE_INFINITY },
    ])
    expect(await client.zScore(key('z'), 'more')).to.equal(2.5)
    const error: unknown = await client.lPush(key('s'), 'x').catch((e: unknown) => e)
    expect(error).to.be.instanceOf(ErrorReply)
    expect(error)
      .to.have.property('message')
      .that.matches(/^WRONGTYPE /)
  })

  it('sends transactions, and learns that a watched key has changed', async () => {
    expect(await client.multi().set(key('t'), '1').incr(key('t')).get(key('t')).exec()).to.deep.equal(['OK', 2, '2'])
    const watcher = await connect()
    await watcher.watch(key('t'))
    await client.incr(key('t'))
    const error: unknown = await watcher
      .multi()
      .set(key('t'), 'lost')
      .exec()
      .catch((e: unknown) => e)
    expect(error).to.be.instanceOf(WatchError)
  })

  it('pipelines by itself', async () => {
    const values = await Promise.all(Array.from({ length: 500 }, () => client.incr(key('n'))))
    expect(values.at(-1)).to.equal(500)
  })

  it('runs scripts', async () => {
    expect(await client.addTo(key('lua'), 4)).to.equal(8)
    expect(await client.addTo(key('lua'), 1)).to.equal(10)
    expect(await client.eval('return {KEYS[1], ARGV[1]}', { keys: ['k'], arguments: ['a'] })).to.deep.equal(['k', 'a'])
  })

  it('waits for what another pushes', async () => {
    const waiting = await connect()
    const popped = waiting.blPop([key('queue'), key('other')], 0)
    await client.rPush(key('queue'), 'job')
    expect(await popped).to.deep.include({ key: key('queue'), element: 'job' })
    const least = waiting.bzPopMin(key('zqueue'), 0)
    await client.zAdd(key('zqueue'), { value: 'first', score: 1.5 })
    expect(await least).to.deep.include({ key: key('zqueue'), value: 'first', score: 1.5 })
  })

  it('subscribes to channels, patterns and sharded channels', async () => {
    const subscriber = await connect()
    const heard: string[] = []
    const listen = (message: string, channel: string): void =>
      void heard.push(`${channel.slice(prefix.length)} ${message}`)
    await subscriber.subscribe(key('news'), listen)
    await subscriber.pSubscribe(key('log.*'), listen)
    await subscriber.sSubscribe(key('shard'), listen)
    expect(await client.publish(key('news'), 'hello')).to.equal(1)
    expect(await client.publish(key('log.x'), 'line')).to.equal(1)
    expect(await client.sPublish(key('shard'), 'part')).to.equal(1)
    // What was published before comes before this answer.
    await subscriber.ping()
    expect(heard).to.deep.equal(['news hello', 'log.x line', 'shard part'])
    await subscriber.unsubscribe()
    await subscriber.pUnsubscribe()
    await subscriber.sUnsubscribe()
    expect(await subscriber.get(key('nothing'))).to.equal(null)
  })

  it('iterates with scan iterators', async () => {
    const keys = Array.from({ length: 300 }, (_, i) => key(`scan:${i}`))
    await client.mSet(keys.map((name): [string, string] => [name, 'x']))
    const found = new Set<string>()
    for await (const batch of client.scanIterator({ MATCH: key('scan:*'), COUNT: 40 })) {
      for (const name of batch) found.add(name)
    }
    expect([...found].sort()).to.deep.equal(keys.sort())
    const fields: string[] = []
    for await (const entries of client.hScanIterator(key('h'))) fields.push(...entries.map(({ field }) => field))
    expect(fields.sort()).to.deep.equal(['a', 'b'])
  })

  it('shares a stream in a group', async () => {
    await client.xGroupCreate(key('events'), 'workers', '$', { MKSTREAM: true })
    const worker = await connect()
    const read = worker.xReadGroup('workers', 'w1', { key: key('events'), id: '>' }, { BLOCK: 0 })
    const id = await client.xAdd(key('events'), '*', { kind: 'made' })
    const entries = JSON.stringify(await read)
    expect(entries).to.include(id).and.include('made')
    expect(await client.xPending(key('events'), 'workers')).to.deep.include({ pending: 1, firstId: id, lastId: id })
    expect(await client.xAck(key('events'), 'workers', id)).to.equal(1)
    expect((await client.xInfoStream(key('events'))).length).to.equal(1)
  })
}
