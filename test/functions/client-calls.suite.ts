import { expect } from 'chai'
import { ProtocolError, RemoteError, SerializationError } from 'redis-object-rpc'
import { type FunctionClient, RemoteFunctionError } from 'redis-object-rpc/functions'
import type { RunningRedis } from '../helpers/backends.ts'
import { rejection } from '../helpers/pair.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { Harness, withoutTs } from './harness.ts'
import { sentTransactions } from './sent-commands.ts'

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/

/** What a client writes, reads and throws. */
export function clientCallsSuite(redis: () => RunningRedis): void {
  const harness = new Harness(redis)

  const requestOn = async (name: string): Promise<string> => {
    const popped = await harness.raw.blpop(`${harness.prefix}:${name}:calls`, 15)
    return (popped as [string, string])[1]
  }

  it('pushes requests in the form of the originals, with expiry', async () => {
    const client = harness.client()
    const id = await client.callAsync('echo', { value: { deep: ['ä', null] } })
    expect(id).to.match(UUID)
    const calls = harness.calls('echo')
    expect(await harness.raw.ttl(calls)).to.be.within(110, 120)
    const request = await requestOn('echo')
    expect(withoutTs(request)).to.equal(`{"id":"${id}","ts":…,"kw":{"value":{"deep":["ä",null]}}}`)
    const other = await client.callAsync('nothing')
    expect(withoutTs(await requestOn('nothing'))).to.equal(`{"id":"${other}","ts":…,"kw":{}}`)
  })

  it('pushes a request and its expiry in one transaction', async () => {
    await using proxy = await TcpProxy.start(harness.url)
    const client = harness.client({ requestExpireMs: 60_000 }, proxy.url)
    await Promise.all([client.callAsync('zero'), client.callAsync('nothing'), client.callAsync('zero')])
    const [transaction = []] = sentTransactions(proxy)
    await client.close()
    expect(transaction.map((command) => command.map((arg) => (arg.startsWith('{"id":"') ? '…' : arg)))).to.deep.equal([
      ['multi'],
      ['rpush', harness.calls('zero'), '…', '…'],
      ['expire', harness.calls('zero'), '60'],
      ['rpush', harness.calls('nothing'), '…'],
      ['expire', harness.calls('nothing'), '60'],
      ['exec'],
    ])
  })

  it('calls functions, by name and by proxy', async () => {
    await harness.start()
    const client = harness.client()
    expect(await client.call('add', { a: 1, b: 2 })).to.equal(3)
    expect(await client.fn.add({ a: 1, b: 2 })).to.equal(3)
    expect(await client.fn.nothing()).to.equal(null)
    expect(await client.fn.later({ value: 7 })).to.equal(7)
    expect(await client.fn.when(), 'more than JSON, between two ends of ours').to.deep.equal(new Date(0))
    expect(client.stats).to.deep.equal({ pending: 0, late: 0, junk: 0 })
  })

  it('has a proxy that is no promise and always gives the same function', async () => {
    const { fn } = harness.client()
    expect(await fn).to.equal(fn)
    expect(fn.add).to.equal(fn.add)
    expect((fn as unknown as Record<symbol, unknown>)[Symbol.iterator]).to.equal(undefined)
    expect((fn as unknown as Record<string, unknown>).toJSON).to.equal(undefined)
    expect(() => Object.assign(fn, { add: 1 })).to.throw(TypeError)
  })

  it('leaves arguments out that are undefined, and refuses what is no plain JSON', async () => {
    await harness.start()
    const client = harness.client()
    expect(await client.call('keys', { a: 1, b: undefined, c: null })).to.deep.equal(['a', 'c'])
    const error = await rejection(client.call('echo', { value: { at: new Date() } }))
    expect(error).to.be.instanceOf(SerializationError).with.property('path', 'kw.value.at')
  })

  it('sends arguments as they were when the call was made', async () => {
    await harness.start()
    const kw = { value: ['before'] }
    const called = harness.client().call('echo', kw)
    kw.value[0] = 'after'
    expect(await called).to.deep.equal(['before'])
  })

  it('throws what the function threw, with the far stack', async () => {
    await harness.start()
    const error = (await rejection(harness.client().call('boom'))) as RemoteFunctionError
    expect(error).to.be.instanceOf(RemoteFunctionError).and.instanceOf(RemoteError)
    expect(error).to.include({
      name: 'Broken',
      message: 'it broke',
      code: 'ERR_REMOTE',
      err: 'Broken: it broke',
      function: 'boom',
    })
    expect(error.traceback).to.match(/^Broken: it broke\n {4}at .*boom/)
    expect(error.stack).to.match(
      /^Broken: it broke\n {4}at [\s\S]*client-calls\.suite[\s\S]*--- far side ---\nBroken: it broke\n {4}at /,
    )
  })

  for (const [err, name, message] of [
    ["KeyError: 'unknown-key'", 'KeyError', "'unknown-key'"],
    ['test error', 'RemoteError', 'test error'],
    ['open /x: no such file', 'RemoteError', 'open /x: no such file'],
    ['Error', 'Error', ''],
    ['ValidationFailed: a: b\nc', 'ValidationFailed', 'a: b\nc'],
    ['Oh: this is prose', 'Oh', 'this is prose'],
  ]) {
    it(`takes ${JSON.stringify(err)} for a ${name}`, async () => {
      const client = harness.client()
      await harness.raw.rpush(harness.result('f', 'u1'), JSON.stringify({ ts: 'TODO', err }))
      const error = await rejection((client as unknown as FunctionClient).response('f', 'u1'))
      expect(error).to.include({ name, message, err, traceback: undefined })
    })
  }

  for (const text of ['{"res": NaN}', 'x', '[]', '{"res":{"__proto__":1}}']) {
    it(`says that ${text} is no result`, async () => {
      const client = harness.client()
      await harness.raw.rpush(harness.result('zero', 'u1'), text)
      expect(await rejection(client.response('zero', 'u1'))).to.be.instanceOf(ProtocolError)
      expect(client.stats.junk).to.equal(1)
    })
  }
}
