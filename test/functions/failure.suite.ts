import { expect } from 'chai'
import { ConnectionError, DeliveryUnknownError } from 'redis-object-rpc'
import type { RunningRedis } from '../helpers/backends.ts'
import { rejection } from '../helpers/pair.ts'
import { type Judge, TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import { Harness, withoutTs } from './harness.ts'

/** Breaks the connection once, with the first chunk that holds a text. */
function cutOnce(text: string, verdict: 'cut' | 'pass-then-cut'): Judge {
  let isDone = false
  return (chunk) => {
    if (isDone || !chunk.includes(text)) return 'pass'
    isDone = true
    return verdict
  }
}

/** What becomes of calls when connections break. */
export function failureSuite(redis: () => RunningRedis): void {
  const harness = new Harness(redis)
  let proxy: TcpProxy
  beforeEach(async () => {
    proxy = harness.use(await TcpProxy.start(harness.url))
  })

  it('a server goes on after its connections were lost', async () => {
    await harness.start({}, proxy.url)
    const client = harness.client()
    for (let i = 0; i < 5; i++) {
      const ports = [...proxy.connections].map(({ port }) => port)
      proxy.cut()
      // Until Redis has heard of it, it may give the request to a connection that is gone.
      await until(async () => {
        const clients = String(await harness.raw.client('LIST'))
        return ports.every((port) => !clients.includes(` addr=127.0.0.1:${port} `))
      })
      const id = await client.callAsync('add', { a: i, b: 1 })
      expect(await client.response('add', id)).to.equal(i + 1)
    }
  })

  it('a server answers what it has when its connections are back', async () => {
    await harness.start({}, proxy.url)
    const called = harness.client().call('wait', { name: 'w' })
    await until(() => harness.gates.has('w'))
    proxy.cut()
    await harness.open('w')
    expect(await called).to.equal('w')
  })

  it('a server sets its heartbeat at once when its connection is back', async () => {
    const server = await harness.start({ id: 'w1', heartbeatPeriodMs: 100_000, heartbeatExpireMs: 200_000 }, proxy.url)
    await harness.raw.del(`${harness.prefix}:server:w1:alive`)
    proxy.cut()
    await until(() => harness.raw.exists(`${harness.prefix}:server:w1:alive`))
    await server.close()
  })

  for (const [verdict, what] of [
    ['cut', 'was lost with its connection'],
    ['pass-then-cut', 'arrived, but was not confirmed'],
  ] as const) {
    it(`a server pushes a result again that ${what}`, async () => {
      const server = await harness.start({}, proxy.url)
      proxy.toServer = cutOnce(':zero:result:', verdict)
      expect(await harness.client().call('zero')).to.equal(0)
      await until(() => server.stats.succeeded === 1)
      await server.close()
      expect(harness.errors).to.deep.equal([])
    })
  }

  it('a request that may have arrived is not pushed again', async () => {
    const client = harness.client({}, proxy.url)
    await client.isServerOnline()
    proxy.toServer = cutOnce(':zero:calls', 'pass-then-cut')
    expect(await rejection(client.callAsync('zero'))).to.be.instanceOf(DeliveryUnknownError)
    await until(async () => (await harness.raw.llen(harness.calls('zero'))) === 1)
    await client.isServerOnline()
    expect(await harness.raw.llen(harness.calls('zero'))).to.equal(1)
  })

  it('a call whose request may have arrived fails at once, and its result is nobody’s', async () => {
    const client = harness.client({}, proxy.url)
    await client.isServerOnline()
    proxy.toServer = cutOnce(':zero:calls', 'pass-then-cut')
    expect(await rejection(client.call('zero'))).to.be.instanceOf(DeliveryUnknownError)
    const server = await harness.start()
    await until(() => server.stats.succeeded === 1)
    expect(client.stats.pending).to.equal(0)
  })

  it('a client gets results that came while its connections were lost', async () => {
    const client = harness.client({}, proxy.url)
    await harness.start()
    const ids = await Promise.all(['a', 'b', 'c'].map((name) => client.callAsync('wait', { name })))
    const waiting = ids.map((id) => client.response('wait', id))
    proxy.toServer = () => 'cut'
    proxy.cut()
    for (const name of ['b', 'a', 'c']) await harness.open(name)
    await until(async () => (await harness.raw.keys(`${harness.prefix}:wait:result:*`)).length === 3)
    proxy.release()
    expect(await Promise.all(waiting)).to.deep.equal(['a', 'b', 'c'])
  })

  it('a client goes on while its connections are lost again and again', async () => {
    await harness.start({ concurrency: 50 })
    const client = harness.client({}, proxy.url)
    let done = 0
    const worker = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        const id = await client.callAsync('add', { a: i, b: 1 }).catch((error: unknown) => {
          expect(error).to.be.instanceOf(DeliveryUnknownError)
        })
        if (id !== undefined) {
          // A result that Redis was just sending is lost with the connection.
          const result = await client.response('add', id, { responseTimeoutMs: 1_000 }).catch(() => i + 1)
          expect(result).to.equal(i + 1)
        }
        if (++done % 60 === 0) proxy.cut()
      }
    }
    await Promise.all(Array.from({ length: 20 }, worker))
    expect(client.stats.pending).to.equal(0)
    expect(await client.call('zero')).to.equal(0)
  })

  it('a result whose key is no list harms no other result', async () => {
    const server = await harness.start()
    await harness.raw.set(harness.result('zero', 'u2'), 'x', 'EX', 100)
    await harness.raw.rpush(harness.calls('zero'), '{"id":"u1"}', '{"id":"u2"}', '{"id":"u3"}')
    for (const id of ['u1', 'u3']) expect(withoutTs(await harness.resultOf('zero', id))).to.equal('{"ts":…,"res":0}')
    await until(() => harness.errors.length === 1)
    expect(harness.errors[0]).to.be.instanceOf(ConnectionError)
    expect(harness.errors[0]?.message).to.match(/zero:result:u2: Redis refused: WRONGTYPE/)
    expect(await harness.raw.get(harness.result('zero', 'u2'))).to.equal('x')
    expect(server.stats.succeeded).to.equal(3)
  })

  it('a request to a key that is no list fails, and those sent with it arrive', async () => {
    const client = harness.client()
    await harness.raw.set(harness.calls('zero'), 'x')
    const [refused, id] = await Promise.all([rejection(client.callAsync('zero')), client.callAsync('nothing')])
    expect(refused).to.be.instanceOf(ConnectionError).with.property('message').that.includes('WRONGTYPE')
    expect(JSON.parse((await harness.raw.lpop(harness.calls('nothing'))) ?? '').id).to.equal(id)
    await harness.raw.del(harness.calls('zero'))
  })
}
