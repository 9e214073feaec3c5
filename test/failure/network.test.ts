import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  ClosedError,
  ConnectionError,
  control,
  RedisRPC,
  RedisRPCClient,
  type RedisRPCClientOptions,
  RedisRPCServer,
  type RedisRPCServerOptions,
  type Remote,
  TimeoutError,
} from 'redis-object-rpc'
import { deferred } from '../../lib/util/deferred.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { freePort, needRedisServer, RedisProcess } from '../helpers/redis-process.ts'
import { countEnds } from '../helpers/settled.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

/** Counts how often each call was run. */
class Counter {
  readonly runs = new Map<number, number>()
  run(id: number): number {
    this.runs.set(id, (this.runs.get(id) ?? 0) + 1)
    return id * 2
  }
  get repeated(): number[] {
    return [...this.runs].filter(([, times]) => times > 1).map(([id]) => id)
  }
}

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
    await start()
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
    await settlesWithin(closing, 4_200, clock)
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
    // The ends leave the connections first: 2 s each for the pop, the lease and the inbox. Those then close in 4 s.
    await settlesWithin(closing, 10_200, clock)
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

/** Moves time on until a promise has settled, at most so far. */
async function settlesWithin(promise: Promise<unknown>, limitMs: number, clock: ManualClock): Promise<void> {
  let isSettled = false
  const settled = (): void => {
    isSettled = true
  }
  promise.then(settled, settled)
  for (let elapsed = 0; !isSettled; elapsed += 100) {
    expect(elapsed).to.be.at.most(limitMs)
    clock.advance(100)
    for (let turn = 0; turn < 20 && !isSettled; turn++) await until(() => true)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('where there is no Redis', () => {
  const noServer = (url: string, options: RedisRPCServerOptions = {}) =>
    new RedisRPCServer(url, freshName('none'), {}, { onError: () => {}, ...options })
  const noClient = (url: string, options: RedisRPCClientOptions = {}) =>
    new RedisRPCClient<Counter>(url, freshName('none'), { onError: () => {}, ...options })

  it('tells a call whose time is shorter than that of the connection what kept it waiting', async () => {
    const client = noClient(`redis://127.0.0.1:${await freePort()}`, { timeoutMs: 20 })
    const error = await rejection(client.run(1))
    expect(error).to.be.instanceOf(TimeoutError)
    expect((error as Error).cause).to.be.instanceOf(ConnectionError)
    expect(((error as Error).cause as Error).message).to.match(/^no connection to Redis at .*ECONNREFUSED/)
    await control(client).close()
  })

  it('refuses calls and start within the connect time-out, and leaves nothing behind', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`
    const before = process.getActiveResourcesInfo()
    const added = () => {
      const old = [...before]
      return process.getActiveResourcesInfo().filter((resource) => {
        const at = old.indexOf(resource)
        if (at !== -1) old.splice(at, 1)
        return at === -1
      })
    }
    const server = noServer(url, { connectTimeoutMs: 100 })
    const client = noClient(url, { connectTimeoutMs: 100 })
    const begun = performance.now()
    const [started, called] = await Promise.all([rejection(server.start()), rejection(client.run(1))])
    expect(performance.now() - begun).to.be.at.least(90)
    for (const error of [started, called]) {
      expect(error).to.be.instanceOf(ConnectionError)
      expect((error as Error).message)
        .to.include('ECONNREFUSED')
        .and.include(url)
    }
    expect((called as Error).stack, 'the caller').to.include('network.test.ts')
    expect(control(client).stats.pending).to.equal(0)
    await control(client).close()
    await server.close()
    await until(() => added().filter((resource) => resource !== 'Immediate').length === 0)
  })

  it('releases a hundred thousand calls that were made meanwhile', async () => {
    const client = noClient(`redis://127.0.0.1:${await freePort()}`, { connectTimeoutMs: 200 })
    const calls = Array.from({ length: 100_000 }, (_, id) => client.run(id))
    expect(await countEnds(calls, () => 'answered')).to.deep.equal({ ERR_CONNECTION: 100_000 })
    expect(control(client).stats.pending).to.equal(0)
    await control(client).close()
  })

  it('refuses calls where something accepts and never answers', async () => {
    await using silent = await TcpProxy.start()
    const client = noClient(silent.url, { connectTimeoutMs: 100 })
    const server = noServer(silent.url, { connectTimeoutMs: 100 })
    expect(await rejection(server.start())).to.be.instanceOf(ConnectionError)
    expect(await rejection(client.run(1))).to.be.instanceOf(ConnectionError)
    expect(await rejection(control(client).with({ timeoutMs: 1 }).run(1))).to.be.instanceOf(ConnectionError)
    await control(client).close()
  })

  it('lets a deadline that is shorter than the connect time-out stand', async () => {
    await using silent = await TcpProxy.start()
    const client = noClient(silent.url, { timeoutMs: 20 })
    expect(await rejection(client.run(1))).to.be.instanceOf(TimeoutError)
    await control(client).close()
  })

  it('says that a host is not known', async () => {
    const client = noClient('redis://no-such-host.invalid', { connectTimeoutMs: 1_000 })
    const error = await rejection(client.run(1))
    expect(error).to.be.instanceOf(ConnectionError)
    expect((error as Error).message).to.match(/no-such-host\.invalid: .*(ENOTFOUND|EAI_AGAIN)/)
    await control(client).close()
  })

  it('closes before it was started, while it starts, and when it could not start', async () => {
    await using silent = await TcpProxy.start()
    const never = noServer(silent.url)
    await never.close()
    expect(await rejection(never.start())).to.be.instanceOf(ClosedError)
    const starting = noServer(silent.url)
    const started = starting.start()
    expect(starting.start(), 'a second start is the first one').to.equal(started)
    const refused = rejection(started)
    await until(() => silent.connections.size > 0)
    await starting.close()
    expect(await refused).to.be.instanceOf(ClosedError)
    {
      await using unused = noServer(silent.url)
      expect(unused.stats.running).to.equal(0)
      const client = noClient(silent.url)
      await using handle = control(client)
      const call = rejection(client.run(1))
      void handle.close()
      expect(await call).to.be.instanceOf(ClosedError)
    }
    await until(() => silent.connections.size === 0)
  })
})

describe('when Redis refuses', () => {
  let redis: RedisProcess
  let raw: Redis
  before(async function () {
    needRedisServer.call(this)
    redis = await RedisProcess.start(['--requirepass', 'secret'])
    raw = new Redis(redis.url, { password: 'secret' }).on('error', () => {})
  })
  after(async () => {
    raw?.disconnect()
    await redis?.close()
  })
  const url = (user: string, password: string): string => redis.url.replace('//', `//${user}:${password}@`)

  it('tells a wrong password at once, without the password', async () => {
    const wrong = url('default', 'hunter2')
    const client = new RedisRPCClient<Counter>(wrong, 'calc', { onError: () => {} })
    const server = new RedisRPCServer(wrong, 'calc', {}, { onError: () => {} })
    for (const error of await Promise.all([rejection(client.run(1)), rejection(server.start())])) {
      expect(error).to.be.instanceOf(ConnectionError)
      expect((error as Error).message)
        .to.include('WRONGPASS')
        .and.not.include('hunter2')
    }
    await control(client).close()
  })

  for (const command of ['blmpop', 'rpush']) {
    it(`does not start for a user without ${command}`, async () => {
      await raw.call('ACL', 'SETUSER', command, 'on', '>p', '~*', '&*', '+@all', `-${command}`)
      const server = new RedisRPCServer(url(command, 'p'), freshName('acl'), {}, { onError: () => {} })
      const error = (await rejection(server.start())) as Error
      expect(error).to.be.instanceOf(ConnectionError)
      expect(error.message).to.include('NOPERM')
      const client = new RedisRPCClient<Counter>(url(command, 'p'), freshName('acl'), { onError: () => {} })
      expect(await rejection(client.run(1))).to.be.instanceOf(ConnectionError)
      await control(client).close()
    })
  }

  it('answers for a user without pexpire, and says once that replies do not expire', async () => {
    await raw.call('ACL', 'SETUSER', 'noexpire', 'on', '>p', '~*', '&*', '+@all', '-pexpire')
    const name = freshName('acl')
    const told: Error[] = []
    const onError = (error: Error) => void told.push(error)
    const server = new RedisRPCServer(url('noexpire', 'p'), name, new Counter(), { onError })
    const client = new RedisRPCClient<Counter>(url('default', 'secret'), name)
    await server.start()
    for (let id = 0; id < 5; id++) expect(await client.run(id)).to.equal(id * 2)
    await control(client).close()
    await server.close()
    expect(told.map(({ message }) => /does not expire/.test(message))).to.deep.equal([true])
  })

  it('goes on after FLUSHALL and after its list, inbox and wake lists were deleted', async () => {
    const name = freshName('flushed')
    const counter = new Counter()
    const gate = deferred<void>()
    const target = { run: (id: number) => counter.run(id), wait: () => gate.promise }
    const server = new RedisRPCServer(url('default', 'secret'), name, target, { onError: () => {} })
    const client = new RedisRPCClient<typeof target>(url('default', 'secret'), name)
    await server.start()
    const waiting = client.wait()
    expect(await client.run(1)).to.equal(2)
    await raw.flushall()
    gate.resolve()
    await waiting
    expect(await client.run(2)).to.equal(4)
    await control(client).close()
    await server.close()
    expect(await raw.keys(`*${name}*`)).to.deep.equal([])
  })

  it('goes on when its list was another type for a while, and tells it once', async () => {
    const name = freshName('type')
    const told: Error[] = []
    const onError = (error: Error) => void told.push(error)
    const server = new RedisRPCServer(url('default', 'secret'), name, new Counter(), { onError })
    const client = new RedisRPCClient<Counter>(url('default', 'secret'), name)
    await server.start()
    expect(await client.run(1)).to.equal(2)
    await raw.set(name, 'x')
    const error = await rejection(client.run(2))
    expect(error).to.be.instanceOf(ConnectionError)
    expect((error as Error).message).to.include('WRONGTYPE')
    await raw.call('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'yes')
    await until(() => told.length > 0)
    await raw.del(name)
    let value: number | undefined
    for (let id = 3; value === undefined; id++) value = await client.run(id).catch(() => undefined)
    expect(told.filter(({ message }) => message.includes('WRONGTYPE'))).to.have.lengthOf(1)
    await control(client).close()
    await server.close()
  })
})
