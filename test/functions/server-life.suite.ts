import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { ClosedError, ConnectionError, WrongTypeError } from 'redis-object-rpc'
import { FunctionServer } from 'redis-object-rpc/functions'
import type { RunningRedis } from '../helpers/backends.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { rejection } from '../helpers/pair.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import { Harness, withoutTs } from './harness.ts'
import { sentCommands } from './sent-commands.ts'

/** How a server begins, shares its time, and ends. */
export function serverLifeSuite(redis: () => RunningRedis): void {
  const harness = new Harness(redis)

  it('asks for the lists of all functions at once, in another order each time', async () => {
    await using proxy = await TcpProxy.start(harness.url)
    const functions = { c: () => 1, a: () => 2, b: () => 3 }
    const server = new FunctionServer(proxy.url, functions, { prefix: harness.prefix, onError: harness.onError })
    await server.start()
    for (const id of ['1', '2', '3', '4']) await harness.ask('b', `{"id":"${id}"}`, id)
    const lists = sentCommands(proxy)
      .flat()
      .filter(([command, , count]) => command === 'blmpop' && count === '4')
      .map((command) =>
        command
          .filter((arg) => arg.endsWith(':calls'))
          .map((key) => key.split(':')[1])
          .join(''),
      )
    const at = lists.indexOf('abc')
    expect(lists.slice(at, at + 4)).to.deep.equal(['abc', 'bca', 'cab', 'abc'])
    await server.close()
  })

  it('lets no function starve another', async () => {
    const order: string[] = []
    const functions = { busy: async () => order.push('busy'), idle: async () => order.push('idle') }
    await harness.raw.rpush(harness.calls('busy'), ...Array.from({ length: 200 }, (_, i) => `{"id":"${i}"}`))
    await harness.raw.rpush(harness.calls('idle'), ...Array.from({ length: 20 }, (_, i) => `{"id":"${i}"}`))
    const server = new FunctionServer(harness.url, functions, {
      prefix: harness.prefix,
      onError: harness.onError,
      concurrency: 1,
      limit: 220,
    })
    await server.serve()
    expect(order.lastIndexOf('idle')).to.be.below(60)
  })

  it('runs no more calls at once than it may, and leaves the rest on the list', async () => {
    const server = await harness.start({ concurrency: 2 })
    const calls = harness.calls('wait')
    await harness.raw.rpush(calls, ...['a', 'b', 'c', 'd'].map((name) => `{"id":"${name}","kw":{"name":"${name}"}}`))
    await until(() => harness.gates.size === 2)
    expect([await harness.raw.llen(calls), server.stats.running]).to.deep.equal([2, 2])
    harness.gates.get('a')?.resolve()
    await until(() => harness.gates.size === 3)
    expect([await harness.raw.llen(calls), server.stats.running]).to.deep.equal([1, 2])
    for (const name of ['b', 'c', 'd']) {
      await until(() => harness.gates.has(name))
      harness.gates.get(name)?.resolve()
      await harness.resultOf('wait', name)
    }
  })

  it('ends after so many calls, and takes no more than these', async () => {
    const server = harness.server({ limit: 3 })
    const calls = harness.calls('zero')
    await harness.raw.rpush(calls, 'junk', '{"id":"1"}', '{"id":"2"}', '{"id":"3"}', '{"id":"4"}', '{"id":"5"}')
    await server.serve()
    expect(server.stats).to.deep.include({ succeeded: 3, junk: 1 })
    expect(await harness.raw.lrange(calls, 0, -1)).to.deep.equal(['{"id":"4"}', '{"id":"5"}'])
    expect(await harness.raw.keys(`${harness.prefix}:*:alive`)).to.deep.equal([])
    for (const id of ['1', '2', '3']) expect(withoutTs(await harness.resultOf('zero', id))).to.equal('{"ts":…,"res":0}')
    await harness.raw.del(calls)
  })

  for (const waiting of [1, 2, 3]) {
    it(`starts and ends well with ${waiting} calls already waiting and a limit of ${waiting}`, async () => {
      const ids = Array.from({ length: waiting }, (_, index) => String(index))
      for (const name of ['zero', 'later'] as const) {
        await harness.raw.rpush(harness.calls(name), ...ids.map((id) => `{"id":"${id}","kw":{"value":0}}`))
        const server = harness.server({ limit: waiting })
        const [started] = await Promise.all([server.start(), server.serve()])
        expect(started).to.equal(undefined)
        expect(server.stats).to.deep.include({ succeeded: waiting, running: 0 })
        for (const id of ids) expect(JSON.parse(await harness.resultOf(name, id)).res).to.equal(0)
      }
      expect(await harness.raw.keys(`${harness.prefix}:*:alive`)).to.deep.equal([])
    })
  }

  it('ends well at a signal that comes while it starts, and listens to it no more', async () => {
    for (const turns of [0, 1, 2, 3, 5, 8, 13, 21, 34]) {
      const server = harness.server({ signals: ['SIGUSR2'] })
      const serving = server.serve()
      for (let turn = 0; turn < turns; turn++) await setImmediate()
      expect(process.listenerCount('SIGUSR2')).to.equal(1)
      process.emit('SIGUSR2', 'SIGUSR2')
      await serving
      expect(process.listenerCount('SIGUSR2')).to.equal(0)
      expect(await harness.raw.keys(`${harness.prefix}:*:alive`)).to.deep.equal([])
    }
  })

  it('calls what its object has under a name when it is called', async () => {
    const functions: Record<string, unknown> = { spied: () => 'first', toString: () => 'own' }
    const wrapped = new Proxy(functions, {
      get: (target, name) => (name === 'toString' ? Reflect.get(target, name) : () => `wrapped ${String(name)}`),
    })
    const server = new FunctionServer(harness.url, functions as never, { prefix: harness.prefix })
    await server.start()
    const ask = async (name: string, id: string): Promise<unknown> =>
      JSON.parse(await harness.ask(name, `{"id":"${id}"}`, id))
    functions.spied = () => 'second'
    expect(await ask('spied', '1')).to.have.property('res', 'second')
    for (const [id, value] of [undefined, 5].entries()) {
      functions.spied = value
      expect(await ask('spied', `none ${id}`)).to.have.property('err').that.matches(/^MethodNotFoundError: .*"spied"/) // biome-ignore format: one line
    }
    Reflect.deleteProperty(functions, 'toString')
    expect(await ask('toString', '2'), 'not what every object has').to.have.property('err')
    await server.close()
    Object.assign(functions, { spied: () => 'first', toString: () => 'own' })
    const guarded = new FunctionServer(harness.url, wrapped as never, { prefix: harness.prefix })
    await guarded.start()
    expect(await ask('spied', '3')).to.have.property('res', 'wrapped spied')
    await guarded.close()
  })

  it('ends after async calls that were its last, once they are answered', async () => {
    const server = harness.server({ limit: 2 })
    const serving = server.serve()
    await harness.raw.rpush(harness.calls('wait'), '{"id":"a","kw":{"name":"a"}}', '{"id":"b","kw":{"name":"b"}}')
    for (const name of ['b', 'a']) {
      await until(() => harness.gates.has(name))
      harness.gates.get(name)?.resolve()
    }
    await serving
    expect(JSON.parse(await harness.resultOf('wait', 'a')).res).to.equal('a')
    expect(JSON.parse(await harness.resultOf('wait', 'b')).res).to.equal('b')
  })

  it('finishes and answers what it has when it is closed, and leaves what waits', async () => {
    const server = await harness.start({ concurrency: 1 })
    const calls = harness.calls('wait')
    await harness.raw.rpush(calls, '{"id":"a","kw":{"name":"a"}}', '{"id":"b","kw":{"name":"b"}}')
    await until(() => harness.gates.has('a'))
    const closed = server.close()
    expect(server.close()).to.equal(closed)
    await until(async () => (await harness.raw.exists(`${harness.prefix}:server:${server.id}:alive`)) === 0)
    harness.gates.get('a')?.resolve()
    await closed
    expect(JSON.parse(await harness.resultOf('wait', 'a')).res).to.equal('a')
    expect(await harness.raw.lrange(calls, 0, -1)).to.deep.equal(['{"id":"b","kw":{"name":"b"}}'])
    expect(await rejection(server.start())).to.be.instanceOf(ClosedError)
    await harness.raw.del(calls)
  })

  it('does not wait for ever for what it has', async () => {
    const server = await harness.start({ drainTimeoutMs: 0 })
    await harness.raw.rpush(harness.calls('wait'), '{"id":"a","kw":{"name":"a"}}')
    await until(() => harness.gates.has('a'))
    await server.close()
    expect(JSON.parse(await harness.resultOf('wait', 'a')).err).to.match(/^ClosedError: /)
  })

  it('lets go between slow synchronous calls', async () => {
    const clock = new ManualClock(Date.now())
    const order: string[] = []
    harness.functions.zero = () => {
      void setImmediate().then(() => order.push('turn'))
      order.push('call')
      clock.advance(20)
      return 0
    }
    const ids = ['1', '2', '3', '4']
    await harness.raw.rpush(harness.calls('zero'), ...ids.map((id) => `{"id":"${id}"}`))
    await harness.server({ clock, limit: ids.length }).serve()
    expect(order.slice(0, 7)).to.deep.equal(['call', 'turn', 'call', 'turn', 'call', 'turn', 'call'])
    for (const id of ids) expect(withoutTs(await harness.resultOf('zero', id))).to.equal('{"ts":…,"res":0}')
  })

  it('tells callers whose calls it has not begun by the end of its time', async () => {
    const clock = new ManualClock(Date.now())
    const server = await harness.start({ clock, concurrency: 1, drainTimeoutMs: 1_000 })
    const calls = harness.calls('wait')
    // After a quick synchronous call it fetches the next ones while it runs what it has.
    await harness.ask('zero', '{"id":"0"}', '0')
    await harness.raw.rpush(calls, '{"id":"a","kw":{"name":"a"}}')
    await until(() => harness.gates.has('a'))
    await harness.raw.rpush(calls, '{"id":"b","kw":{"name":"b"}}')
    await until(async () => (await harness.raw.llen(calls)) === 0)
    let isClosed = false
    const closing = server.close().then(() => {
      isClosed = true
    })
    await until(() => {
      clock.advance(100)
      return isClosed
    })
    await closing
    for (const id of ['a', 'b']) expect(JSON.parse(await harness.resultOf('wait', id)).err).to.match(/^ClosedError: /)
    expect([...harness.gates.keys()]).to.deep.equal(['a'])
    expect([server.stats, clock.pending]).to.deep.equal([
      { succeeded: 1, failed: 2, expired: 0, junk: 0, running: 0 },
      0,
    ])
  })

  it('can be closed before it was started, and while it starts', async () => {
    const unused = harness.server()
    await unused.close()
    const server = harness.server()
    const starting = rejection(server.start())
    await server.close()
    expect(await starting).to.be.instanceOf(ClosedError)
  })

  it('refuses to start on a key that is no list', async () => {
    await harness.raw.set(harness.calls('zero'), 'x')
    const error = await rejection(harness.server().start())
    expect(error).to.be.instanceOf(WrongTypeError).with.property('key', harness.calls('zero'))
    expect(error).to.have.property('actual', 'string')
    expect(await harness.raw.keys(`${harness.prefix}:*:alive`)).to.deep.equal([])
    await harness.raw.del(harness.calls('zero'))
  })

  it('refuses to start where there is no Redis', async () => {
    const server = harness.server({ connectTimeoutMs: 200 }, 'redis://127.0.0.1:1')
    expect(await rejection(server.serve())).to.be.instanceOf(ConnectionError)
  })

  it('sets its heartbeat as long as it lives', async () => {
    const clock = new ManualClock(Date.now())
    const server = await harness.start({ kind: 'worker', id: 'w1', clock })
    const key = `${harness.prefix}:worker:w1:alive`
    expect(await harness.raw.get(key)).to.equal('1')
    expect(await harness.raw.pttl(key)).to.be.within(3_000, 4_000)
    for (let beat = 0; beat < 3; beat++) {
      await harness.raw.del(key)
      clock.advance(1_999)
      expect(await harness.raw.get(key)).to.equal(null)
      clock.advance(1)
      await until(async () => (await harness.raw.get(key)) === '1')
    }
    await server.close()
    expect(await harness.raw.exists(key)).to.equal(0)
    expect(clock.pending).to.equal(0)
  })

  it('sets a heartbeat of its own period and expiry', async () => {
    await harness.start({ heartbeatPeriodMs: 100, heartbeatExpireMs: 2_500, id: 'w1' })
    expect(await harness.raw.pttl(`${harness.prefix}:server:w1:alive`)).to.be.within(1_500, 2_500)
  })
}
