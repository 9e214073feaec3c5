import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import type { Redis } from 'ioredis'
import { ClosedError, control, RedisRPCClient, RedisRPCServer, TimeoutError } from 'redis-object-rpc'
import { deferred } from '../../../lib/util/deferred.ts'
import { freshName } from '../../helpers/names.ts'
import { rejection } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'
import { type Calculating, Calculator } from './calculator.ts'

/** What becomes of a call that waits: its deadline, its signal, and ends that close. */
export function fatesSuite(ends: Calculating): void {
  const { redis } = ends
  it('lets a call wait for a server that starts later', async () => {
    await ends.pair.server.close()
    const sum = ends.pair.client.add(5)
    await listLength(ends.observer, ends.pair.name, 1)
    const late = new RedisRPCServer(redis().url, ends.pair.name, new Calculator())
    await late.start()
    expect(await sum).to.equal(5)
    await late.close()
  })

  it('gives up after the time allowed, and takes back what nobody has begun', async () => {
    await control(ends.pair.client).ping()
    await ends.pair.server.close()
    const waiting = ends.pair.client.add(1)
    const abort = new AbortController()
    const aborted = control(ends.pair.client).with({ signal: abort.signal }).add(2)
    await until(async () => (await ends.observer.llen(ends.pair.name)) === 2)
    const error = await rejection(control(ends.pair.client).with({ timeoutMs: 1 }).add(5))
    expect(error).to.be.instanceOf(TimeoutError)
    expect(error).to.include({ code: 'ERR_TIMEOUT', operation: `${ends.pair.name}.add`, timeoutMs: 1 })
    abort.abort(new Error('changed my mind'))
    await rejection(aborted)
    const args = async (): Promise<unknown[]> =>
      (await ends.observer.lrange(ends.pair.name, 0, -1)).map((text) => JSON.parse(text).function_call.args[0])
    await until(async () => (await ends.observer.llen(ends.pair.name)) === 1)
    expect(await args()).to.deep.equal([1])
    await Promise.all([rejection(waiting), control(ends.pair.client).close()])
    expect(await args(), 'requests left after close').to.deep.equal([])
  })

  it('does not begin a call after its deadline', async () => {
    const request = { function_call: { name: 'add', args: [5] }, response_queue: `${ends.pair.name}:rpc:gone`, id: 1 }
    // Each end knows Redis's clock to within half a round trip.
    await ends.observer.rpush(
      ends.pair.name,
      JSON.stringify({ ...request, deadline: (await redisNow(ends.observer)) - 100 }),
    )
    expect(await ends.pair.client.add(7)).to.equal(7)
    expect(ends.pair.server.stats.expired).to.equal(1)
  })

  it('carries many calls on one signal, and warns of nothing', async () => {
    const warnings: Error[] = []
    const warned = (warning: Error): void => void warnings.push(warning)
    process.on('warning', warned)
    const abort = new AbortController()
    const proxy = control(ends.pair.client).with({ signal: abort.signal })
    await Promise.all(Array.from({ length: 50 }, () => proxy.add(0)))
    await ends.pair.server.close()
    const waiting = Array.from({ length: 50 }, () => rejection(proxy.add(0)))
    const reason = new Error('all of you')
    abort.abort(reason)
    expect(await Promise.all(waiting)).to.deep.equal(Array(50).fill(reason))
    // A warning is told on a later tick.
    await setImmediate()
    process.off('warning', warned)
    expect(warnings).to.deep.equal([])
  })

  it('keeps the signal of a proxy whose other options are changed', async () => {
    const reason = new Error('before')
    const aborted = control(ends.pair.client).with({ signal: AbortSignal.abort(reason) })
    expect(await rejection(control(aborted).with({ timeoutMs: 5_000 }).add(1))).to.equal(reason)
    expect(await control(aborted).with({ signal: undefined }).add(1)).to.equal(1)
  })

  it('leaves nobody without an answer whose call it has popped, when closing takes its time', async () => {
    const name = freshName('stuck')
    const target = { echo: (n: number) => n, stuck: () => new Promise(() => {}) }
    const server = new RedisRPCServer(redis().url, name, target, { concurrency: 2, drainTimeoutMs: 50 })
    await server.start()
    const client = new RedisRPCClient<typeof target>(redis().url, name)
    // Quick synchronous calls make it fetch ahead.
    for (let n = 0; n < 10; n++) await client.echo(n)
    const messages: string[] = []
    const calls = Array.from({ length: 6 }, () =>
      rejection(client.stuck()).then((error) => messages.push((error as Error).message)),
    )
    await until(() => server.stats.running === 2)
    await server.close()
    const left = await ends.observer.llen(name)
    expect(left).to.be.lessThan(5)
    await until(() => messages.length === 6 - left)
    expect(new Set(messages)).to.deep.equal(new Set([`server ${name} was closed`]))
    await control(client).close()
    await Promise.all(calls)
  })

  it('counts a reply that comes after its call gave up', async () => {
    const gate = deferred<void>()
    const name = freshName('late')
    const server = new RedisRPCServer(redis().url, name, { wait: () => gate.promise, echo: (value: string) => value })
    await server.start()
    const client = new RedisRPCClient<{ wait(): void; echo(value: string): string }>(redis().url, name)
    const abort = new AbortController()
    const waiting = control(client).with({ signal: abort.signal }).wait()
    expect(await client.echo('the server has it')).to.equal('the server has it')
    const reason = new Error('changed my mind')
    abort.abort(reason)
    expect(await rejection(waiting)).to.equal(reason)
    gate.resolve()
    await client.echo('behind the late reply')
    while (control(client).stats.late === 0) await client.echo('until it came')
    expect(control(client).stats).to.deep.equal({ pending: 0, late: 1, junk: 0, lent: 0, borrowed: 0 })
    await control(client).close()
    await server.close()
  })

  it('does not send a call whose signal has fired already', async () => {
    const error = await rejection(
      control(ends.pair.client)
        .with({ signal: AbortSignal.abort('no') })
        .add(1),
    )
    expect(error).to.equal('no')
    expect(ends.calculator.value).to.equal(0)
  })

  it('finishes and answers what it has when the server closes', async () => {
    const gate = deferred<void>()
    const name = freshName('drain')
    const target = { wait: () => gate.promise.then(() => 'finished') }
    const server = new RedisRPCServer(redis().url, name, target)
    const run = server.run()
    const client = new RedisRPCClient<typeof target>(redis().url, name)
    const call = client.wait()
    while (server.stats.running === 0) await ends.observer.ping()
    const closing = server.close()
    expect(server.close(), 'a second close is the first one').to.equal(closing)
    gate.resolve()
    expect(await call).to.equal('finished')
    await closing
    await run
    expect(await rejection(server.start())).to.be.instanceOf(ClosedError)
    await control(client).close()
  })

  it('rejects what waits when the client closes, and what comes after', async () => {
    await ends.pair.server.close()
    const call = ends.pair.client.add(1)
    await listLength(ends.observer, ends.pair.name, 1)
    const rejected = rejection(call)
    await control(ends.pair.client).close()
    const waited = `the client was closed while ${ends.pair.name}.add was waiting for its answer`
    expect(await rejected)
      .to.be.instanceOf(ClosedError)
      .with.property('message', waited)
    const closed = `the client of ${ends.pair.name} is closed`
    expect(await rejection(ends.pair.client.add(1)))
      .to.be.instanceOf(ClosedError)
      .with.property('message', closed)
    await ends.observer.del(ends.pair.name)
  })

  it('drops the requests that wait when told to', async () => {
    await ends.pair.server.close()
    const stale = ends.pair.client.add(1)
    await listLength(ends.observer, ends.pair.name, 1)
    const server = new RedisRPCServer(redis().url, ends.pair.name, ends.calculator, { flushOnStart: true })
    await server.start()
    expect(await ends.pair.client.add(5)).to.equal(5)
    const rejected = rejection(stale)
    await control(ends.pair.client).close()
    expect(await rejected).to.be.instanceOf(ClosedError)
    await server.close()
  })
}

/** Waits until a list is of that length; each look is a round trip, so nothing is slept through. */
async function listLength(observer: Redis, list: string, length: number): Promise<void> {
  while ((await observer.llen(list)) !== length);
}

/** Milliseconds since 1970 on Redis's clock. */
async function redisNow(observer: Redis): Promise<number> {
  const [seconds, microseconds] = await observer.time()
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000
}
