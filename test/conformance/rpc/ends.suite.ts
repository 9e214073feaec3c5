import { expect } from 'chai'
import { Redis } from 'ioredis'
import { ConnectionError, control, ProtocolError, RedisRPCClient, RedisRPCServer, TimeoutError } from 'redis-object-rpc'
import { type Deferred, deferred } from '../../../lib/util/deferred.ts'
import { freshName } from '../../helpers/names.ts'
import { rejection } from '../../helpers/pair.ts'
import { type Calculating, Calculator } from './calculator.ts'

/** Both ends among other ends, junk and cuts. */
export function endsSuite(ends: Calculating): void {
  const { redis } = ends
  it('serves ten thousand concurrent calls of one client from two servers', async () => {
    const second = new RedisRPCServer(redis().url, ends.pair.name, { add: (number: number) => number + 1 })
    const first = new RedisRPCServer(redis().url, ends.pair.name, { add: async (number: number) => number + 1 })
    await ends.pair.server.close()
    await Promise.all([first.start(), second.start()])
    const sums = await Promise.all(Array.from({ length: 10_000 }, (_, number) => ends.pair.client.add(number)))
    expect(sums).to.deep.equal(Array.from({ length: 10_000 }, (_, number) => number + 1))
    expect(first.stats.succeeded + second.stats.succeeded).to.equal(10_000)
    expect(first.stats.succeeded, 'the first took part').to.be.greaterThan(0)
    expect(second.stats.succeeded, 'the second took part').to.be.greaterThan(0)
    await Promise.all([first.close(), second.close()])
  })

  it('runs no more calls at once than its concurrency', async () => {
    const gates: Deferred<void>[] = []
    const name = freshName('gated')
    const gated = { enter: () => gates[gates.push(deferred()) - 1]?.promise }
    const server = new RedisRPCServer(redis().url, name, gated, { concurrency: 2 })
    await server.start()
    const client = new RedisRPCClient<{ enter(): Promise<void> }>(redis().url, name)
    const calls = [client.enter(), client.enter(), client.enter()]
    while (gates.length < 2) await ends.observer.ping()
    await listLength(ends.observer, name, 1)
    expect(gates).to.have.lengthOf(2)
    gates[0]?.resolve()
    await calls[0]
    while (gates.length < 3) await ends.observer.ping()
    expect(await ends.observer.llen(name)).to.equal(0)
    for (const gate of gates) gate.resolve()
    await Promise.all(calls)
    await control(client).close()
    await server.close()
  })

  it('answers the first of slow synchronous calls before the last has begun', async () => {
    const name = freshName('slow')
    const events: string[] = []
    const busy = (n: number): void => {
      events.push(`began ${n}`)
      for (const end = performance.now() + 15; performance.now() < end; );
    }
    const server = new RedisRPCServer(redis().url, name, { busy })
    await server.start()
    const client = new RedisRPCClient<{ busy(n: number): void }>(redis().url, name)
    await control(client).ping()
    const calls = Array.from({ length: 10 }, (_, n) => client.busy(n).then(() => events.push(`answered ${n}`)))
    await Promise.all(calls)
    expect(events.indexOf('answered 0')).to.be.lessThan(events.indexOf('began 9'))
    await control(client).close()
    await server.close()
  })

  it('goes on after junk on the list, and tells its sender where there is one', async () => {
    const replies = `${ends.pair.name}:rpc:JUNKJUNK`
    const junk = [
      ',"response_queue":"\\q","id":1,"deadline":1}',
      ',"response_queue":"q","id":01}',
      'not JSON',
      '\ufeff{"function_call":{"name":"add"}}',
      '[]',
      'null',
      '5',
      '{}',
      '{"function_call":{"name":"add","args":[1]}}',
      '{"function_call":{"name":"add","args":[1]},"response_queue":7}',
      '{"function_call":{"name":"add","args":[1]},"response_queue":"elsewhere"}',
      `{"function_call":{"name":"add","args":{}},"response_queue":"${replies}"}`,
      `{"function_call":{"name":7},"response_queue":"${replies}"}`,
      `{"function_call":[],"response_queue":"${replies}"}`,
      `{"v":2,"function_call":{"name":"add","args":[1]},"response_queue":"${replies}","id":1}`,
      Buffer.from([0xff, 0xfe, 0x00, 0x80]),
    ]
    await ends.observer.rpush(ends.pair.name, ...junk)
    expect(await ends.pair.client.add(5)).to.equal(5)
    expect(ends.calculator.value, 'nothing of it was run').to.equal(5)
    expect(ends.pair.server.stats.junk).to.equal(junk.length)
    expect(ends.pair.errors).to.have.lengthOf(junk.length)
    expect(await ends.observer.exists('elsewhere')).to.equal(0)
    const told = await ends.observer.lrange(replies, 0, -1)
    expect(told).to.have.lengthOf(4)
    for (const text of told) expect(JSON.parse(text).exception).to.match(/^ProtocolError: /)
    await ends.observer.del(replies)
  })

  it('goes on after junk on the inbox', async () => {
    await ends.pair.server.close()
    const sum = ends.pair.client.add(1)
    await listLength(ends.observer, ends.pair.name, 1)
    const request = JSON.parse((await ends.observer.lpop(ends.pair.name)) as string)
    const junk = ['not JSON', '[]', '{"id":"x","return_value":1}', '{"id":1}', '{"id":1,"v":2,"return_value":1}']
    await ends.observer.rpush(
      request.response_queue,
      ...junk,
      '{"id":99,"return_value":1}',
      '{"id":1,"return_value":6}',
    )
    expect(await sum).to.equal(6)
    expect(control(ends.pair.client).stats).to.deep.equal({
      pending: 0,
      late: 1,
      junk: junk.length,
      lent: 0,
      borrowed: 0,
    })
    expect(ends.pair.errors.map((error) => (error as { code?: string }).code)).to.deep.equal(
      junk.map(() => 'ERR_PROTOCOL'),
    )
  })

  it('says so when the server turns out to be a classic one', async () => {
    await ends.pair.server.close()
    const sum = rejection(ends.pair.client.add(1))
    await listLength(ends.observer, ends.pair.name, 1)
    const request = JSON.parse((await ends.observer.lpop(ends.pair.name)) as string)
    await ends.observer.rpush(request.response_queue, '{"return_value":6}')
    const error = await sum
    expect(error).to.be.instanceOf(ProtocolError)
    expect((error as Error).message).to.include("dialect: 'classic'")
  })

  it('measures a ping, and one that nobody answers ends', async () => {
    expect(await control(ends.pair.client).ping()).to.be.within(0, 5_000)
    await ends.pair.server.close()
    expect(await rejection(control(ends.pair.client).ping({ timeoutMs: 1 }))).to.be.instanceOf(TimeoutError)
    await ends.observer.del(ends.pair.name)
  })

  it('borrows a client and leaves it open, with its key prefix', async () => {
    const lent = new Redis(redis().url, { keyPrefix: `${freshName('prefix')}:` })
    const server = new RedisRPCServer(lent, 'calc', new Calculator())
    await server.start()
    const client = new RedisRPCClient<Calculator>(lent, 'calc')
    expect(await client.add(3)).to.equal(3)
    await control(client).close()
    await server.close()
    expect(await lent.ping()).to.equal('PONG')
    lent.disconnect()
  })

  it('goes on after every connection was cut', async () => {
    expect(await ends.pair.client.add(1)).to.equal(1)
    await ends.observer.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    while (ends.calculator.value < 2) await ends.pair.client.add(1).catch(() => {})
    expect(await ends.pair.client.add(1)).to.equal(ends.calculator.value)
  })

  it('refuses a list that is of another type', async () => {
    const name = freshName('string')
    await ends.observer.set(name, 'x')
    const error = await rejection(new RedisRPCServer(redis().url, name, {}).start())
    expect(error).to.be.instanceOf(ConnectionError)
    expect((error as Error).message)
      .to.include(name)
      .and.to.include('WRONGTYPE')
    await ends.observer.del(name)
  })
}

/** Waits until a list is of that length; each look is a round trip, so nothing is slept through. */
async function listLength(observer: Redis, list: string, length: number): Promise<void> {
  while ((await observer.llen(list)) !== length);
}
