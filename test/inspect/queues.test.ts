import { expect } from 'chai'
import { Redis } from 'ioredis'
import { InvalidOptionError, RedisRPC } from 'redis-object-rpc'
import { ReadQueue, WriteQueue } from 'redis-object-rpc/ipc'
import { Inspector, type QueueView } from '../../lib/inspect/index.ts'
import { newTaskId } from '../../lib/ipc/queue/task-id.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

describeOnEachRedis('an inspector of queues', (redis) => {
  let inspector: Inspector
  let admin: Redis
  let closes: (() => Promise<unknown>)[]
  beforeEach(() => {
    inspector = new Inspector(redis().url)
    admin = new Redis(redis().url)
    closes = []
  })
  afterEach(async () => {
    for (const close of closes) await close()
    await inspector.close()
    await admin.flushall()
    admin.disconnect()
  })

  function open<E extends { close(): Promise<unknown> }>(end: E): E {
    closes.push(() => end.close())
    return end
  }

  async function allQueues(limit: number, match = '*'): Promise<QueueView[]> {
    const found = new Map<string, QueueView>()
    let cursor: string | undefined
    do {
      const page = await inspector.queues({ match, limit, cursor })
      for (const queue of page.items) found.set(queue.name, queue)
      cursor = page.cursor
    } while (cursor !== undefined)
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  it('finds queues by what they hold, and nothing else', async () => {
    await open(new WriteQueue(redis().url, 'plain')).publish(1)
    const later = open(new WriteQueue(redis().url, 'later'))
    await later.publish(1, { delayMs: 3_600_000 })
    const jobs = open(new WriteQueue<number>(redis().url, 'a{jobs}b'))
    const worker = open(new ReadQueue<number>(redis().url, 'a{jobs}b', { reliable: true, maxAttempts: 1 }))
    for (const task of [1, 2, 3]) await jobs.publish(task)
    await (await worker.next())?.nack({ reason: 'no' })
    await worker.next()
    const gone = open(new ReadQueue<number>(redis().url, 'gone', { reliable: true, maxAttempts: 1 }))
    await open(new WriteQueue(redis().url, 'gone')).publish(1)
    await (await gone.next())?.nack()
    await until(async () => (await admin.xlen('{gone}:dead')) + (await admin.xlen('a{jobs}b:dead')) === 2)
    const rpc = open(new RedisRPC(redis().url))
    await rpc.serve('calc', { add: () => 1 })
    await admin.rpush('unserved', '{"function_call":{"name":"add"}}')
    await admin.rpush('list', 'a')
    await admin.set('string', '{"uuid":"')
    await admin.zadd(':delayed', 1, 'x')
    await admin.xadd('{gone}:dead:group', '*', 'a', 'b')

    const expected = [
      { name: 'a{jobs}b', kind: 'reliable', waiting: 1, delayed: 0, inProgress: 1, dead: 1 },
      { name: 'gone', kind: 'reliable', waiting: 0, delayed: 0, inProgress: 0, dead: 1 },
      { name: 'later', kind: 'plain', waiting: 0, delayed: 1, inProgress: 0, dead: 0 },
      { name: 'plain', kind: 'plain', waiting: 1, delayed: 0, inProgress: 0, dead: 0 },
    ]
    const counted = (queues: QueueView[]) => queues.map(({ oldestMs: _, ...counts }) => counts)
    expect(counted(await allQueues(100))).to.deep.equal(expected)
    expect(counted(await allQueues(1))).to.deep.equal(expected)
    expect((await allQueues(100, 'l*')).map(({ name }) => name)).to.deep.equal(['later'])
    expect(await inspector.queue('gone')).to.deep.equal({ ...expected[1], oldestMs: undefined })
    expect(await inspector.queue('nope')).to.include({ waiting: 0, dead: 0 })
  })

  it('shows a page of ten thousand queues at a time', async () => {
    const pipeline = admin.pipeline()
    for (let i = 0; i < 10_000; i++) pipeline.lpush(`many-${i}`, '{"uuid":"a","content":1}')
    await pipeline.exec()
    const first = await inspector.queues({ limit: 50 })
    expect(first.items.length).to.be.within(50, 200)
    expect(first.cursor).to.be.a('string')
    expect(await allQueues(10_000)).to.have.lengthOf(10_000)
  })

  it('shows for how long the next task could have been taken', async () => {
    const name = freshName('jobs')
    const ageOf = async () => (await inspector.queue(name)).oldestMs
    const task = (ageMs: number) => `{"uuid":"${newTaskId(Date.now() - ageMs)}","content":1}`
    const HOUR = 3_600_000
    expect(await ageOf(), 'empty').to.equal(undefined)
    const queue = open(new WriteQueue<number>(redis().url, name))
    await queue.publish(1)
    expect(await ageOf(), 'just published').to.be.within(0, 60_000)
    await admin.rpush(name, task(2 * HOUR))
    expect(await ageOf(), 'published long ago').to.be.within(2 * HOUR, 2 * HOUR + 60_000)
    await admin.rpush(`{${name}}:arrived`, task(3 * HOUR))
    expect(await ageOf(), 'it woke a worker').to.be.within(3 * HOUR, 3 * HOUR + 60_000)
    await queue.publish(2, { delayMs: HOUR })
    expect(await ageOf(), 'others are delayed').to.be.within(3 * HOUR, 3 * HOUR + 60_000)
    await admin.zadd(`{${name}}:delayed`, Date.now() - 4 * HOUR, 'x'.repeat(36) + task(0))
    expect(await ageOf(), 'a delayed one is due').to.be.within(4 * HOUR, 4 * HOUR + 60_000)
  })

  it('counts the age of a task that was delayed from when it was due', async () => {
    const name = freshName('jobs')
    await open(new WriteQueue<number>(redis().url, name)).publish(1, { delayMs: 3_000_000 })
    expect((await inspector.queue(name)).oldestMs).to.equal(undefined)
    const [member] = await admin.zrange(`{${name}}:delayed`, '0', '0')
    await admin.lpush(name, member!.slice(36))
    expect((await inspector.queue(name)).oldestMs, 'it is moved an hour early').to.equal(0)
  })

  it('does not know the age of the tasks of other programs, or of what is no task', async () => {
    const heads = [
      `{"uuid":"${newTaskId(Date.now() - 400 * 86_400_000)}"`,
      `{"uuid":"${newTaskId(2 ** 47)}"`,
      '{"uuid":"110ec58a-a0f2-4ac4-8393-c866d813b8d1","content":1}',
      '{"uuid":"',
      '',
      'x',
      '\xff'.repeat(99),
    ]
    for (const head of heads) {
      const name = freshName('jobs')
      await admin.lpush(name, head)
      expect(await inspector.queue(name), head).to.include({ waiting: 1, oldestMs: undefined })
    }
    const name = freshName('jobs')
    await admin.set(name, 'no list')
    await admin.set(`{${name}}:delayed`, 'no set')
    expect(await inspector.queue(name)).to.include({ waiting: 0, delayed: 0, oldestMs: undefined })
  })

  it('shows tasks in the order in which they are taken, with their texts cut', async () => {
    const name = freshName('jobs')
    const queue = open(new WriteQueue<unknown>(redis().url, name))
    for (const task of [1, 'a'.repeat(50_000), '<script>\0']) await queue.publish(task)
    const [first, second, third, ...others] = await inspector.queueItems(name, 'waiting')
    expect(others).to.deep.equal([])
    expect(JSON.parse(first!.text)).to.have.property('content', 1)
    expect(second?.text).to.have.lengthOf(10_000)
    expect(second?.bytes).to.be.greaterThan(50_000)
    expect(JSON.parse(third!.text)).to.have.property('content', '<script>\0')
    expect(await inspector.queueItems(name, 'waiting', { offset: 1, limit: 1 })).to.deep.equal([second])
    await queue.publish('later', { delayMs: 3_600_000 })
    const [delayed] = await inspector.queueItems(name, 'delayed')
    expect(JSON.parse(delayed!.text)).to.have.property('content', 'later')
    expect(delayed?.at).to.be.closeTo(Date.now() + 3_600_000, 60_000)
    expect(delayed?.id).to.have.lengthOf(36)
  })

  it('shows, replays and removes dead letters', async () => {
    const name = freshName('jobs')
    const queue = open(new WriteQueue<number>(redis().url, name))
    const worker = open(new ReadQueue<number>(redis().url, name, { reliable: true, maxAttempts: 1 }))
    for (const task of [1, 2, 3, 4]) await queue.publish(task)
    for (let i = 0; i < 4; i++) await (await worker.next())?.nack({ reason: `no ${'r'.repeat(i === 3 ? 5_000 : 0)}` })
    await until(async () => (await inspector.queue(name)).dead === 4)
    const letters = await inspector.queueItems(name, 'dead')
    expect(letters.map(({ text }) => JSON.parse(text).content)).to.deep.equal([1, 2, 3, 4])
    expect(letters[0]).to.include({ reason: 'no ', attempts: 1 })
    expect(letters[0]?.at).to.be.closeTo(Date.now(), 60_000)
    expect(letters[3]?.reason).to.have.lengthOf(1_000)
    expect(await inspector.queueItems(name, 'dead', { offset: 3, limit: 5 })).to.deep.equal([letters[3]])
    const ids = letters.map(({ id }) => id!)
    expect(await inspector.replay(name, [ids[1]!, '5-5'])).to.equal(1)
    expect((await worker.next())?.content).to.equal(2)
    expect(await inspector.remove(name, [ids[2]!, ids[1]!])).to.equal(1)
    await admin.xadd(`{${name}}:dead`, '*', 'no', 'task')
    expect(await inspector.replay(name, 'all')).to.equal(2)
    expect(await inspector.queue(name)).to.include({ waiting: 2, dead: 1 })
    expect(await inspector.drain(name)).to.equal(2)
    expect(await inspector.queue(name)).to.include({ waiting: 0, dead: 1 })
  })

  it('says how far it is with many letters, and stops between two lots', async () => {
    const name = freshName('jobs')
    const letters = admin.pipeline()
    for (let i = 0; i < 600; i++) letters.xadd(`{${name}}:dead`, '*', 'task', `{"uuid":"${i}","content":${i}}`)
    await letters.exec()
    const stop = new AbortController()
    const reports: number[] = []
    const onProgress = (replayed: number): void => {
      reports.push(replayed)
      stop.abort()
    }
    expect(await inspector.replay(name, 'all', { signal: stop.signal, onProgress })).to.equal(250)
    expect(await inspector.replay(name, 'all', { onProgress })).to.equal(350)
    expect(reports).to.deep.equal([250, 250, 350])
    expect(await inspector.queue(name)).to.include({ waiting: 600, dead: 0 })
  })

  it('takes what others have written for nothing, and refuses what it cannot read', async () => {
    const name = freshName('jobs')
    for (const key of [name, `{${name}}:delayed`, `{${name}}:dead`, `{${name}}:readers`]) await admin.set(key, 'x')
    expect(await inspector.queue(name)).to.include({ waiting: 0, delayed: 0, dead: 0 })
    expect(await allQueues(100)).to.deep.equal([])
    const refused: (() => Promise<unknown>)[] = [
      () => inspector.queues({ cursor: 'x' }),
      () => inspector.queues({ limit: 0 }),
      () => inspector.queues({ limit: 10_001 }),
      () => inspector.queues({ mach: 'a' } as never),
      () => inspector.queue(''),
      () => inspector.queueItems(name, 'all' as never),
      () => inspector.queueItems(name, 'dead', { limit: 101 }),
      () => inspector.queueItems(name, 'dead', { offset: -1 }),
      () => inspector.replay(name, ['1']),
      () => inspector.remove(name, ['*']),
    ]
    for (const refuse of refused) expect(await rejection(refuse()), String(refuse)).to.be.instanceOf(InvalidOptionError)
  })
})
