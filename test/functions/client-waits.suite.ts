import { expect } from 'chai'
import { ClosedError, ConnectionError, TimeoutError, WrongTypeError } from 'redis-object-rpc'
import { FunctionClient, FunctionServer } from 'redis-object-rpc/functions'
import type { RunningRedis } from '../helpers/backends.ts'
import { rejection } from '../helpers/pair.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import { Harness, type TestFunctions } from './harness.ts'
import { sentCommands } from './sent-commands.ts'

/** How a client waits, gives up and ends; and whom it sees. */
export function clientWaitsSuite(redis: () => RunningRedis): void {
  const harness = new Harness(redis)

  const requestOn = async (name: string): Promise<string> => {
    const popped = await harness.raw.blpop(`${harness.prefix}:${name}:calls`, 15)
    return (popped as [string, string])[1]
  }

  it('fetches results later, and those of other clients', async () => {
    await harness.start()
    const id = await harness.client().callAsync('add', { a: 20, b: 3 })
    await until(async () => (await harness.raw.exists(harness.result('add', id))) === 1)
    const other = harness.client()
    expect(
      await Promise.all([other.response('add', id), other.response('add', id)]),
      'both wait for the one',
    ).to.deep.equal([23, 23])
  })

  it('asks again after a time-out', async () => {
    await harness.start()
    const client = harness.client()
    const id = await client.callAsync('wait', { name: 'w' })
    const error = (await rejection(client.response('wait', id, { responseTimeoutMs: 20 }))) as TimeoutError
    expect(error).to.be.instanceOf(TimeoutError)
    expect(error.message).to.equal('wait was not answered within 20 ms')
    await harness.open('w')
    expect(await client.response('wait', id)).to.equal('w')
  })

  /** Waits until the pop under way includes a list. */
  const isPopped = (proxy: TcpProxy, list: string) =>
    until(() =>
      sentCommands(proxy).some((commands) => commands.at(-1)?.[0] === 'blmpop' && commands.at(-1)?.includes(list)),
    )

  it('puts a result back that comes after its caller gave up, since its id is known', async () => {
    await using proxy = await TcpProxy.start(harness.url)
    const client = harness.client({}, proxy.url)
    const list = harness.result('zero', 'u1')
    const abort = new AbortController()
    const waiting = rejection(client.response('zero', 'u1', { signal: abort.signal }))
    await isPopped(proxy, list)
    abort.abort(new Error('enough'))
    await waiting
    await harness.raw.rpush(list, '{"res":1}')
    await until(() => client.stats.late === 1)
    await until(async () => (await harness.raw.llen(list)) === 1)
    expect(await harness.raw.pttl(list)).to.be.within(100_000, 120_000)
    expect(await client.response('zero', 'u1')).to.equal(1)
    await client.close()
  })

  it('drops the result of a call that gave up, since nobody knows its id', async () => {
    await using proxy = await TcpProxy.start(harness.url)
    const client = harness.client({}, proxy.url)
    const abort = new AbortController()
    const called = rejection(client.call('zero', undefined, { signal: abort.signal }))
    const { id } = JSON.parse(await requestOn('zero'))
    const list = harness.result('zero', id)
    await isPopped(proxy, list)
    abort.abort(new Error('enough'))
    await called
    await harness.raw.rpush(list, '{"res":1}')
    await until(() => client.stats.late === 1)
    await client.close()
    expect(await harness.raw.exists(list)).to.equal(0)
  })

  it('takes the request of a call back that timed out', async () => {
    const client = harness.client()
    const error = await rejection(client.call('zero', undefined, { responseTimeoutMs: 50 }))
    expect(error).to.be.instanceOf(TimeoutError).with.property('operation', 'zero')
    await until(async () => (await harness.raw.exists(harness.calls('zero'))) === 0)
    expect(client.stats.pending).to.equal(0)
  })

  it('ends a call with its signal', async () => {
    const client = harness.client()
    const reason = new Error('enough')
    const abort = new AbortController()
    const called = rejection(client.call('zero', undefined, { signal: abort.signal }))
    await until(async () => (await harness.raw.exists(harness.calls('zero'))) === 1)
    abort.abort(reason)
    expect(await called).to.equal(reason)
    await until(async () => (await harness.raw.exists(harness.calls('zero'))) === 0)
    expect(await rejection(client.call('zero', undefined, { signal: abort.signal }))).to.equal(reason)
    expect(await rejection(client.callAsync('zero', undefined, { signal: abort.signal }))).to.equal(reason)
    expect(await rejection(client.response('zero', 'x', { signal: abort.signal }))).to.equal(reason)
    expect(await harness.raw.exists(harness.calls('zero'))).to.equal(0)
  })

  it('fails what waits when it is closed, and leaves nothing', async () => {
    const client = harness.client()
    const failed = [
      rejection(client.call('zero')),
      rejection(client.call('wait', { name: 'w' })),
      rejection(client.response('zero', 'x')),
    ]
    await until(async () => (await harness.raw.exists(harness.calls('zero'), harness.calls('wait'))) === 2)
    await client.close()
    for (const error of await Promise.all(failed)) expect(error).to.be.instanceOf(ClosedError)
    expect(client.stats.pending).to.equal(0)
    expect(await harness.raw.keys(`*${harness.prefix}*`)).to.deep.equal([])
    expect(await rejection(client.call('zero'))).to.be.instanceOf(ClosedError)
    expect(await rejection(client.onlineServers())).to.be.instanceOf(ClosedError)
  })

  it('can be closed before its first call', async () => {
    await harness.client().close()
  })

  it('fails when there is no Redis', async () => {
    const client = harness.client({ connectTimeoutMs: 200 }, 'redis://127.0.0.1:1')
    expect(await rejection(client.call('zero'))).to.be.instanceOf(ConnectionError)
    expect(await rejection(client.callAsync('zero'))).to.be.instanceOf(ConnectionError)
    expect(await rejection(client.onlineServers())).to.be.instanceOf(ConnectionError)
  })

  it('rejects a call whose result key has another type, and no other call', async () => {
    await harness.start()
    const client = harness.client()
    await harness.raw.hset(harness.result('zero', 'u1'), 'a', 1)
    const others = Promise.all(Array.from({ length: 5 }, () => client.call('zero')))
    const error = await rejection(client.response('zero', 'u1'))
    expect(error).to.be.instanceOf(WrongTypeError).with.property('key', harness.result('zero', 'u1'))
    expect(error).to.have.property('actual', 'hash')
    expect(await others).to.deep.equal([0, 0, 0, 0, 0])
    expect(await client.call('zero')).to.equal(0)
    expect(harness.errors).to.deep.equal([])
    await harness.raw.del(harness.result('zero', 'u1'))
  })

  it('has a thousand calls in flight on two connections', async () => {
    await using proxy = await TcpProxy.start(harness.url)
    await harness.start({ concurrency: 1_000 })
    const client = harness.client({}, proxy.url)
    const waiting = Array.from({ length: 1_000 }, (_, i) => client.fn.wait({ name: `${i}` }))
    await until(() => harness.gates.size === 1_000)
    expect(client.stats.pending).to.equal(1_000)
    // In the least helpful order: from both ends, and with pauses.
    for (let i = 0; i < 500; i++) {
      harness.gates.get(`${999 - i}`)?.resolve()
      harness.gates.get(`${i}`)?.resolve()
      if (i % 50 === 0) await harness.raw.ping()
    }
    expect(await Promise.all(waiting)).to.deep.equal(Array.from({ length: 1_000 }, (_, i) => `${i}`))
    expect(proxy.accepted).to.equal(2)
    await client.close()
  })

  it('takes many results that are there with few pops', async () => {
    await using proxy = await TcpProxy.start(harness.url)
    const client = harness.client({}, proxy.url)
    const ids = Array.from({ length: 500 }, (_, i) => `u${i}`)
    const waiting = Promise.all(ids.map((id) => client.response('zero', id)))
    await isPopped(proxy, harness.result('zero', 'u499'))
    const pops = () =>
      sentCommands(proxy)
        .flat()
        .filter(([command]) => command === 'blmpop').length
    const before = pops()
    const transaction = harness.raw.multi()
    for (const id of ids) transaction.rpush(harness.result('zero', id), '{"res":0}')
    await transaction.exec()
    expect(new Set(await waiting)).to.deep.equal(new Set([0]))
    expect(pops() - before).to.be.below(10)
    await client.close()
  })

  it('finds servers by their heartbeats', async () => {
    const client = harness.client()
    expect(await client.onlineServers('worker')).to.deep.equal([])
    expect(await client.isServerOnline('worker')).to.equal(false)
    const servers = [
      await harness.start({ kind: 'worker', id: 'w2' }),
      await harness.start({ kind: 'worker', id: 'w1' }),
      await harness.start({ kind: 'work*', id: 'star' }),
      await harness.start({ kind: 'worker:special', id: 's' }),
      await harness.start(),
    ]
    expect(await client.onlineServers('worker')).to.deep.equal(['w1', 'w2'])
    expect(await client.onlineServers('work*')).to.deep.equal(['star'])
    expect(await client.onlineServers('worker:special')).to.deep.equal(['s'])
    expect(await client.onlineServers()).to.deep.equal([servers[4]?.id])
    expect(await client.isServerOnline('worker')).to.equal(true)
    expect(await client.isServerOnline('worker', 'w1')).to.equal(true)
    expect(await client.isServerOnline('worker', 'w3')).to.equal(false)
    expect(await client.isServerOnline('w', 'w1')).to.equal(false)
    await servers[0]?.close()
    expect(await client.onlineServers('worker')).to.deep.equal(['w1'])
  })

  it('finds all servers among many keys', async () => {
    const keys = Array.from({ length: 3_000 }, (_, i) => `${harness.prefix}:worker:${i}:alive`)
    await harness.raw.mset(Object.fromEntries(keys.map((key) => [key, '1'])))
    expect(await harness.client().onlineServers('worker')).to.have.length(3_000)
    await harness.raw.del(keys)
  })

  it('shares a prefix that ioredis puts before all keys', async () => {
    const { hostname: host, port } = new URL(harness.url)
    const source = { host, port: Number(port), keyPrefix: `${harness.prefix}/` }
    const server = new FunctionServer(source, harness.functions, {
      prefix: 'p',
      kind: 'k',
      id: '1',
      onError: harness.onError,
    })
    const client = new FunctionClient<TestFunctions>(source, { prefix: 'p' })
    await server.start()
    expect(await client.fn.add({ a: 1, b: 2 })).to.equal(3)
    expect(await client.onlineServers('k')).to.deep.equal(['1'])
    expect(await client.isServerOnline('k', '1')).to.equal(true)
    expect(await harness.raw.exists(`${harness.prefix}/p:k:1:alive`)).to.equal(1)
    await client.close()
    await server.close()
  })
}
