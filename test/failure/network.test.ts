import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  ClosedError,
  control,
  RedisRPC,
  RedisRPCClient,
  type RedisRPCClientOptions,
  RedisRPCServer,
  type RedisRPCServerOptions,
  type Remote,
} from 'redis-object-rpc'
import { ManualClock } from '../helpers/manual-clock.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { countEnds } from '../helpers/settled.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import { Counter } from './counter.ts'

describe('when the network fails', () => {
  let redis: RedisProcess
  let raw: Redis
  let name: string
  let counter: Counter
  let clientSide: TcpProxy
  let serverSide: TcpProxy
  let client: Remote<Counter>
  let server: RedisRPCServer
  let nextId: number

  before(async function () {
    needRedisServer.call(this)
    redis = await RedisProcess.start()
    raw = new Redis(redis.url).on('error', () => {})
  })
  after(async () => {
    raw?.disconnect()
    await redis?.close()
  })
  beforeEach(async () => {
    name = freshName('net')
    counter = new Counter()
    nextId = 0
    clientSide = await TcpProxy.start(redis.url)
    serverSide = await TcpProxy.start(redis.url)
  })
  afterEach(async () => {
    clientSide.release()
    serverSide.release()
    await control(client).close()
    await server.close()
    expect(control(client).stats.pending, 'calls left pending').to.equal(0)
    expect(server.stats.running, 'calls left running').to.equal(0)
    expect(counter.repeated, 'calls run more than once').to.deep.equal([])
    // What was in flight when a connection broke may still stand there; nothing else may.
    await raw.del(name)
    const left = await raw.keys(`*${name}*`)
    for (const key of left) expect(await raw.pttl(key), `${key} expires`).to.be.greaterThan(0)
    await clientSide.close()
    await serverSide.close()
  })
  const start = async (options: { client?: RedisRPCClientOptions; server?: RedisRPCServerOptions } = {}) => {
    const onError = () => {}
    server = new RedisRPCServer(serverSide.url, name, counter, { onError, ...options.server })
    client = new RedisRPCClient<Counter>(clientSide.url, name, { onError, timeoutMs: 10_000, ...options.client })
    await server.start()
    expect(await client.run(nextId++)).to.equal(0)
  }
  const worksAgain = async (): Promise<void> => {
    const id = nextId++
    expect(await client.run(id)).to.equal(id * 2)
  }

  it('sends after the reconnection what was called while there was no connection', async () => {
    await start()
    clientSide.cut()
    await until(() => clientSide.accepted === 4)
    await worksAgain()
  })

  it('sends a request again that was lost on its way, and answers it', async () => {
    await start()
    let cuts = 0
    clientSide.toServer = (chunk) => (/rpush/i.test(chunk.toString('latin1')) && cuts++ === 0 ? 'cut' : 'pass')
    expect(await client.run(nextId++)).to.equal(2)
    expect(cuts).to.be.greaterThan(0)
    expect(counter.runs.get(1)).to.equal(1)
    await worksAgain()
  })

  it('answers a request whose confirmation was lost, and runs it once', async () => {
    await start()
    let cuts = 0
    clientSide.toServer = (chunk) =>
      /rpush/i.test(chunk.toString('latin1')) && cuts++ === 0 ? 'pass-then-cut' : 'pass'
    clientSide.toClient = () => (cuts === 1 ? 'drop' : 'pass')
    const answer = client.run(nextId++)
    await until(() => counter.runs.get(1) === 1)
    clientSide.release()
    expect(await answer).to.equal(2)
    await worksAgain()
  })

  it('asks for the answer again that was lost when its pop was cut', async () => {
    await start()
    let cuts = 0
    clientSide.toClient = (chunk) => (chunk.includes('return_value') && cuts++ === 0 ? 'cut' : 'pass')
    expect(await client.run(nextId++)).to.equal(2)
    expect(counter.runs.get(1)).to.equal(1)
    await worksAgain()
  })

  it('sends a request again that was lost when a server popped it', async () => {
    await start()
    let cuts = 0
    serverSide.toClient = (chunk) => (chunk.includes('function_call') && cuts++ === 0 ? 'cut' : 'pass')
    expect(await client.run(nextId++)).to.equal(2)
    expect(counter.runs.get(1)).to.equal(1)
    await worksAgain()
  })

  it('sends a reply again that was lost on its way', async () => {
    await start()
    let cuts = 0
    serverSide.toServer = (chunk) => (chunk.includes('return_value') && cuts++ === 0 ? 'cut' : 'pass')
    expect(await client.run(nextId++)).to.equal(2)
    expect(counter.runs.get(1)).to.equal(1)
    await worksAgain()
  })

  it("goes on when the client's pop is cut while it waits: the answer is fetched afterwards", async () => {
    await start()
    const reader = [...clientSide.connections].find(({ sent }) => /blmpop/i.test(sent))
    reader?.cut()
    await until(() => [...clientSide.connections].filter(({ sent }) => /blmpop/i.test(sent)).length === 1)
    await worksAgain()
  })

  it("goes on when the server's pop is cut while it waits", async () => {
    await start()
    const reader = [...serverSide.connections].find(({ sent }) => /blmpop/i.test(sent))
    reader?.cut()
    await worksAgain()
  })

  it('answers each of a large batch that is cut in its middle', async () => {
    await start({ client: { timeoutMs: 20_000 } })
    let chunks = 0
    clientSide.toServer = () => (++chunks === 3 ? 'cut' : 'pass')
    const text = { id: 0, filler: 'x'.repeat(1_000) }
    const big = client as unknown as { run(id: number, filler: string): Promise<number> }
    const ids = Array.from({ length: 2_000 }, () => nextId++)
    const ends = await countEnds(
      ids.map((id) => big.run(id, text.filler)),
      (value, index) => (value === (ids[index] as number) * 2 ? 'right' : 'wrong'),
    )
    expect(ends).to.deep.equal({ right: ids.length })
    clientSide.release()
    await worksAgain()
  })

  it('settles each of thousands of calls once, with the right value or a typed error, through ten cuts', async () => {
    await start({ client: { timeoutMs: 1_500 } })
    let cuts = 0
    let chunks = 0
    // Every so many chunks one connection breaks, in each direction and at each end in turn.
    const breaking = (kind: 'cut' | 'pass-then-cut') => () => {
      if (cuts === 10 || ++chunks % 37 !== 0) return 'pass'
      cuts++
      return kind
    }
    clientSide.toServer = breaking('pass-then-cut')
    clientSide.toClient = breaking('cut')
    serverSide.toServer = breaking('cut')
    serverSide.toClient = breaking('pass-then-cut')
    const ends: Record<string, number> = {}
    let calls = 0
    while (cuts < 10) {
      const ids = Array.from({ length: 50 }, () => nextId++)
      calls += ids.length
      const wave = countEnds(
        ids.map((id) => client.run(id)),
        (value, index) => (value === (ids[index] as number) * 2 ? 'right' : 'wrong'),
      )
      for (const [end, count] of Object.entries(await wave)) ends[end] = (ends[end] ?? 0) + count
    }
    const allowed = ['right', 'ERR_DELIVERY_UNKNOWN', 'ERR_TIMEOUT']
    expect(Object.keys(ends).filter((end) => !allowed.includes(end))).to.deep.equal([])
    expect(
      Object.values(ends).reduce((sum, count) => sum + count, 0),
      'each settled',
    ).to.equal(calls)
    expect(ends.right).to.be.greaterThan(0)
    await worksAgain()
  })

  it('drops half-open connections at both ends, and answers what was lost in them', async () => {
    await start({ client: { timeoutMs: 30_000 } })
    clientSide.holdPresent()
    serverSide.holdPresent()
    expect(await client.run(nextId++)).to.equal(2)
    expect(counter.runs.get(1)).to.equal(1)
    await worksAgain()
  })

  it('closes within its bounds while Redis is silent', async () => {
    const clock = new ManualClock(Date.now())
    await start({ client: { clock }, server: { clock } })
    clientSide.hold()
    serverSide.hold()
    const call = rejection(client.run(nextId++))
    const closing = Promise.all([control(client).close(), server.close()])
    expect(await call).to.be.instanceOf(ClosedError)
    await settlesWithin(closing, 4_200, clock, raw)
    expect(clock.pending, 'timers left').to.equal(0)
  })

  it('closes within its bounds when Redis is slow and then silent', async () => {
    const clock = new ManualClock(Date.now())
    await start({ server: { clock } })
    serverSide.keepPresent()
    serverSide.toClient = () => 'pass'
    const closing = server.close()
    await until(() => [...serverSide.connections].some(({ kept }) => kept.length > 0))
    clock.advance(1_800)
    let hasEnded = false
    serverSide.toClient = (chunk) => {
      hasEnded ||= chunk.includes(':wake:')
      return 'pass'
    }
    serverSide.deliverKept()
    await until(() => hasEnded)
    serverSide.hold()
    await settlesWithin(closing, 4_200 - 1_800, clock, raw)
    expect(clock.pending, 'timers left').to.equal(0)
  })

  it('closes shared connections within their bounds while Redis is silent', async () => {
    await start()
    const clock = new ManualClock(Date.now())
    const rpc = new RedisRPC(serverSide.url, { clock, onError: () => {} })
    await server.close()
    await rpc.serve(name, counter, { clock })
    const shared = rpc.client<Counter>(name, { clock })
    expect(await shared.run(nextId++)).to.equal(2)
    serverSide.hold()
    const call = rejection(shared.run(nextId++))
    const closing = rpc.close()
    expect(await call).to.be.instanceOf(ClosedError)
    // The ends leave the connections first, and those then close, in 4 s each.
    await settlesWithin(closing, 8_200, clock, raw)
    expect(clock.pending, 'timers left').to.equal(0)
  })

  it('closes while calls are made, and settles each', async () => {
    await start()
    const ids = Array.from({ length: 1_000 }, () => nextId++)
    const calls = ids.map((id) => client.run(id))
    const [ends] = await Promise.all([
      countEnds(calls, (value, index) => (value === (ids[index] as number) * 2 ? 'right' : 'wrong')),
      server.close(),
      control(client).close(),
    ])
    expect(Object.keys(ends).filter((end) => end !== 'right')).to.deep.equal(['ERR_CLOSED'])
  })
})

/**
 * Moves time on until a promise has settled, at most so far. What happens at one moment has ended before the next: by the
 * time that Redis has answered, the ends of a connection in this process know of each other.
 */
async function settlesWithin(
  promise: Promise<unknown>,
  limitMs: number,
  clock: ManualClock,
  redis: Redis,
): Promise<void> {
  let isSettled = false
  const settled = (): void => {
    isSettled = true
  }
  promise.then(settled, settled)
  for (let elapsed = 0; !isSettled; elapsed += 100) {
    expect(elapsed).to.be.at.most(limitMs)
    clock.advance(100)
    for (let answer = 0; answer < 10 && !isSettled; answer++) await redis.ping()
  }
}
