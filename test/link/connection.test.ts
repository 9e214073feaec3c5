import { expect } from 'chai'
import { ClosedError, ConnectionError } from '../../lib/errors.ts'
import { Connection } from '../../lib/link/connection.ts'
import { deferred } from '../../lib/util/deferred.ts'
import { addressOf } from '../helpers/address.ts'
import { FakeRedis, reply } from '../helpers/fake-redis.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { rejection } from '../helpers/pair.ts'
import { freePort } from '../helpers/redis-process.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

describe('a connection', () => {
  let clock: ManualClock
  let redis: FakeRedis
  let connection: Connection | undefined

  beforeEach(async () => {
    clock = new ManualClock()
    redis = await FakeRedis.start()
  })
  afterEach(async () => {
    connection?.close()
    await redis.close()
    expect(clock.pending, 'timers left').to.equal(0)
  })
  const connect = (source: string, connectTimeoutMs = 1_000): Connection => {
    connection = new Connection(addressOf(source), { connectTimeoutMs, clock })
    return connection
  }

  it('is refused clearly where nobody listens, and tells who waits once', async () => {
    const port = await freePort()
    const told: Error[] = []
    connect(`redis://127.0.0.1:${port}`).observe({ unavailable: (error) => told.push(error) })
    const refused = rejection(connection!.open())
    await until(() => {
      clock.advance(100)
      return told.length > 0
    })
    const error = (await refused) as Error
    expect(error).to.be.instanceOf(ConnectionError)
    expect(error.message).to.equal(
      `no connection to Redis at redis://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
    )
    expect(await rejection(connection!.open()), 'the next is refused at once').to.equal(error)
    for (let tries = 0; tries < 5; tries++) {
      clock.advance(3_000)
      await until(() => clock.pending > 0)
    }
    expect(told).to.have.lengthOf(1)
  })

  it('gives up one that accepts and never answers, and tries again', async () => {
    await using silent = await TcpProxy.start()
    const refused = rejection(connect(silent.url).open())
    await until(() => [...silent.connections].some(({ sent }) => sent.includes('hello') || sent.includes('HELLO')))
    clock.advance(1_100)
    expect(((await refused) as Error).message).to.match(/no answer$/)
    clock.advance(100)
    await until(() => silent.accepted === 2 && silent.connections.size === 1)
  })

  it('comes back when what never answered is replaced by a Redis', async () => {
    await using proxy = await TcpProxy.start(redis.url)
    proxy.hold()
    const up = deferred<void>()
    connect(proxy.url).observe({ up: () => up.resolve() })
    const refused = rejection(connection!.open())
    await until(() => proxy.connections.size > 0)
    clock.advance(1_100)
    await refused
    proxy.release()
    clock.advance(100)
    await up.promise
    expect(connection?.failure).to.equal(undefined)
    expect(await connection?.open()).to.equal(connection?.ready)
  })

  it('tells a wrong password at once, and once', async () => {
    redis.answers.set('AUTH', () => reply.error('WRONGPASS invalid username-password pair or user is disabled.'))
    const told: Error[] = []
    connect(redis.url.replace('//', '//:wrong@'), 3_600_000).observe({ unavailable: (error) => told.push(error) })
    const error = (await rejection(connection!.open())) as Error
    expect(error.message).to.include('WRONGPASS').and.not.include('wrong@')
    const attempts = () => redis.commands.filter(([command]) => command === 'AUTH').length
    await until(() => {
      clock.advance(500)
      return attempts() > 3
    })
    expect(told).to.deep.equal([error])
  })

  it('is not ready any more from the moment it is dropped', async () => {
    const life = await connect(redis.url).open()
    connection?.drop(life)
    expect(connection?.ready).to.equal(undefined)
    clock.advance(100)
    await until(() => connection?.ready !== undefined)
    expect(connection?.ready).to.not.equal(life)
    connection?.drop(life)
    expect(connection?.ready, 'a life that is gone drops nothing').to.not.equal(undefined)
  })

  it('rejects what is in flight on a half-open socket when it is dropped', async () => {
    await using proxy = await TcpProxy.start(redis.url)
    const life = await connect(proxy.url).open()
    proxy.hold()
    const lost = rejection(life.rpush('list', 'text'))
    connection?.drop(life)
    expect(((await lost) as Error).message).to.equal('Connection is closed.')
  })

  it('is given up when an answer that is watched over does not come, and any answer gives the next its full time', async () => {
    const life = await connect(redis.url).open()
    const [first, second, third] = [deferred(), deferred(), deferred()]
    const answers = [first, second, third].map(({ promise }) => connection!.watch(promise, 1_000))
    clock.advance(900)
    first!.resolve()
    await answers[0]
    clock.advance(900)
    expect(connection!.ready, 'an answer came').to.equal(life)
    second!.resolve()
    await answers[1]
    clock.advance(1_000)
    clock.advance(100)
    expect(connection!.ready).to.equal(undefined)
    third!.reject(new Error('Connection is closed.'))
    await rejection(answers[2]!)
    await until(() => {
      clock.advance(100)
      return connection!.ready !== undefined
    })
  })

  it('is given up when answers do not come, however many commands follow', async () => {
    const life = await connect(redis.url).open()
    const answers = Array.from({ length: 3 }, () => deferred())
    const watched = answers.map(({ promise }) => {
      const outcome = rejection(connection!.watch(promise, 1_000))
      clock.advance(600)
      return outcome
    })
    expect(connection!.ready).to.not.equal(life)
    for (const { reject } of answers) reject(new Error('Connection is closed.'))
    await Promise.all(watched)
  })

  it('knows that earlier connections may still hold what was sent where it has not ended them', async () => {
    redis.answers.set('INFO', ([section]) =>
      reply.text(`${section === 'server' ? 'run_id' : 'master_replid'}:${'a'.repeat(40)}\r\n`),
    )
    let mayKnowItsId = false
    let nextId = 0
    redis.answers.set('CLIENT', ([what]) => {
      if (what === 'ID') return mayKnowItsId ? reply.number(++nextId) : reply.error('NOPERM client|id')
      return reply.ok
    })
    connection = new Connection(addressOf(redis.url), { connectTimeoutMs: 1_000, home: 'calc', clock })
    connection.endConnections([1])
    const reconnect = async (): Promise<void> => {
      const before = connection!.ready
      if (before !== undefined) connection?.drop(before)
      connection?.open().catch(() => {})
      await until(() => {
        clock.advance(100)
        return connection?.ready
      })
    }
    await reconnect()
    await reconnect()
    expect(connection.hasEndedFormer, 'it never knew the id of that one').to.equal(false)
    redis.answers.set('INFO', ([section]) =>
      reply.text(`${section === 'server' ? 'run_id' : 'master_replid'}:${'b'.repeat(40)}\r\n`),
    )
    mayKnowItsId = true
    await reconnect()
    expect(connection.hasEndedFormer, 'the Redis that had it is gone').to.equal(true)
    await reconnect()
    await until(() => connection?.hasEndedFormer)
  })

  it('closes while it connects', async () => {
    await using silent = await TcpProxy.start()
    const opening = rejection(connect(silent.url).open())
    await until(() => silent.connections.size > 0)
    connection?.close()
    expect(await opening).to.be.instanceOf(ClosedError)
    await until(() => silent.connections.size === 0)
    expect(await rejection(connection!.open())).to.be.instanceOf(ClosedError)
  })

  it('refuses options that ioredis refuses', async () => {
    connection = new Connection(addressOf({ sentinels: [{ port: 1 }] }), { connectTimeoutMs: 1_000, clock })
    const error = (await rejection(connection.open())) as Error
    expect(error).to.be.instanceOf(ConnectionError)
    expect(error.message).to.include('Requires the name of master')
  })

  it('asks the next sentinel when one does not answer', async () => {
    await using silent = await TcpProxy.start()
    const { port } = new URL(redis.url)
    await using sentinel = await FakeRedis.start()
    sentinel.answers.set('SENTINEL', ([what]) =>
      what === 'get-master-addr-by-name' ? reply.array(['127.0.0.1', port]) : reply.array([]),
    )
    const sentinels = [silent, sentinel].map(({ url }) => ({ host: '127.0.0.1', port: Number(new URL(url).port) }))
    connection = new Connection(addressOf({ sentinels, name: 'mymaster' }), { connectTimeoutMs: 300, clock })
    await connection.open()
  })

  it('shows no password when it describes where Redis is', () => {
    expect(addressOf('redis://me:p@ss@host:6379/2').description).to.equal('redis://host:6379/2')
    expect(addressOf('redis://host:6379?password=secret').description).to.equal('redis://host:6379')
    expect(addressOf({ host: 'host', password: 'secret' }).description).to.equal('host:6379')
  })
})
