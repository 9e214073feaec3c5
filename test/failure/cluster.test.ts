import { expect } from 'chai'
import type { Cluster } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer, type Remote } from 'redis-object-rpc'
import { newInbox, newWakeList } from '../../lib/wire/keys.ts'
import { freshName } from '../helpers/names.ts'
import { RedisCluster } from '../helpers/redis-cluster.ts'
import { needRedisServer } from '../helpers/redis-process.ts'
import { countEnds } from '../helpers/settled.ts'
import { until } from '../helpers/until.ts'

/** Counts how often each call was run. */
class Counter {
  readonly runs = new Map<number, number>()
  run(id: number): number {
    this.runs.set(id, (this.runs.get(id) ?? 0) + 1)
    return id
  }
}

describe('on a cluster', () => {
  let nodes: RedisCluster
  let lent: Cluster
  before(async function () {
    needRedisServer.call(this)
    nodes = await RedisCluster.start()
    // What a user's own client does about lost nodes must not make ours send anything again.
    lent = nodes.connect({ clusterNodeRetryStrategy: () => 10 })
  })
  after(async () => {
    lent?.disconnect()
    await nodes?.close()
  })

  let counter: Counter
  let name: string
  let client: Remote<Counter>
  let server: RedisRPCServer
  beforeEach(async () => {
    counter = new Counter()
    name = freshName('cluster')
    // A close that waited for this would not end before the test is ended.
    server = new RedisRPCServer(lent, name, counter, { onError: () => {}, drainTimeoutMs: 3_600_000 })
    client = new RedisRPCClient<Counter>(lent, name, { onError: () => {} })
    await server.start()
    expect(await client.run(0)).to.equal(0)
  })
  afterEach(async () => {
    await control(client).close()
    await server.close()
    expect(control(client).stats.pending).to.equal(0)
    expect([...counter.runs.values()].filter((times) => times > 1)).to.deep.equal([])
    for (const admin of nodes.admins) expect(await admin.keys(`*${name}*`)).to.deep.equal([])
  })
  const callAll = (ids: number[], timeoutMs: number) =>
    countEnds(
      ids.map((id) => control(client).with({ timeoutMs }).run(id)),
      (value, index) => (value === ids[index] ? 'right' : 'wrong'),
    )
  const numbers = (count: number, from: number) => Array.from({ length: count }, (_, index) => from + index)

  it('carries thousands of calls of several services in different slots', async () => {
    const pairs = await Promise.all(
      numbers(5, 0).map(async () => {
        const other = freshName('service')
        const theirs = new RedisRPCServer(lent, other, new Counter())
        await theirs.start()
        return { theirs, caller: new RedisRPCClient<Counter>(lent, other) }
      }),
    )
    const ends = await Promise.all(
      pairs.map(({ caller }) =>
        countEnds(
          numbers(1_000, 0).map((id) => caller.run(id)),
          (value, index) => (value === index ? 'right' : 'wrong'),
        ),
      ),
    )
    expect(ends).to.deep.equal(pairs.map(() => ({ right: 1_000 })))
    await Promise.all(pairs.map(({ caller }) => control(caller).close()))
    await Promise.all(pairs.map(({ theirs }) => theirs.close()))
  })

  it('streams both ways', async () => {
    const other = freshName('feed')
    const feed = {
      async *double(numbers: AsyncIterable<number>): AsyncGenerator<number> {
        for await (const number of numbers) yield number * 2
      },
    }
    const theirs = new RedisRPCServer(lent, other, feed)
    await theirs.start()
    async function* upTo(count: number): AsyncGenerator<number> {
      for (let i = 0; i < count; i++) yield i
    }
    // Their inboxes are on whichever node.
    const callers = Array.from({ length: 5 }, () => new RedisRPCClient<typeof feed>(lent, other))
    try {
      const doubled = async (caller: Remote<typeof feed>): Promise<number[]> => {
        const got: number[] = []
        for await (const number of control(caller).with({ timeoutMs: 10_000 }).double(upTo(2_000))) got.push(number)
        return got
      }
      const expected = numbers(2_000, 0).map((number) => number * 2)
      expect(await Promise.all(callers.map(doubled))).to.deep.equal(callers.map(() => expected))
      await until(() => theirs.stats.lent + theirs.stats.borrowed === 0)
    } finally {
      for (const caller of callers) await control(caller).close()
      await theirs.close()
    }
  })

  for (const service of ['calc', '{tag}calc', 'calc{tag}', 'calc:{a}:{b}', 'calc{']) {
    it(`keeps the lists of one pop in one slot: ${service}`, async () => {
      const inbox = newInbox(service)
      for (const list of [service, inbox]) {
        const [mine, wake] = [await nodes.ownerOf(list), await nodes.ownerOf(newWakeList(list))]
        expect(wake.slot, list).to.equal(mine.slot)
      }
    })
  }

  it('goes on after the connections to the node of its list were cut, and repeats nothing', async () => {
    const { owner } = await nodes.ownerOf(name)
    const calls = callAll(numbers(500, 1), 1_000)
    await nodes.admins[owner]!.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    const ends = Object.keys(await calls)
    expect(ends.filter((end) => !['right', 'ERR_DELIVERY_UNKNOWN', 'ERR_TIMEOUT'].includes(end))).to.deep.equal([])
    let id = 1_000
    while ((await client.run(id).catch(() => undefined)) !== id) id++
  })

  it('goes on after all connections to all nodes were cut', async () => {
    for (const admin of nodes.admins) await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    let id = 1
    while (
      (await control(client)
        .with({ timeoutMs: 1_000 })
        .run(id)
        .catch(() => undefined)) !== id
    )
      id++
  })

  it('follows its list to another node', async () => {
    const { slot, owner } = await nodes.ownerOf(name)
    const to = (owner + 1) % nodes.nodes.length
    const calls = callAll(numbers(500, 1), 5_000)
    await nodes.move(slot, owner, to)
    expect(await calls).to.deep.equal({ right: 500 })
    expect(await callAll(numbers(100, 1_000), 5_000)).to.deep.equal({ right: 100 })
    await nodes.move(slot, to, owner)
    expect(await callAll(numbers(100, 2_000), 5_000)).to.deep.equal({ right: 100 })
  })
})
