import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  ClosedError,
  ConnectionError,
  control,
  InvalidOptionError,
  kwargs,
  MessageTooLargeError,
  MethodNotFoundError,
  ProtocolError,
  RedisRPCClient,
  RedisRPCServer,
  SerializationError,
  TimeoutError,
} from 'redis-object-rpc'
import { type Deferred, deferred } from '../../lib/util/deferred.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { closeLeavingNothing, type Pair, rejection, startPair } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

class Calculator {
  value = 0
  clr(): void {
    this.value = 0
  }
  add(number: number): number {
    this.value += number
    return this.value
  }
  async slowAdd(number: number): Promise<number> {
    return this.add(number)
  }
  div(number: number): number {
    if (number === 0) throw new RangeError('division by zero')
    this.value /= number
    return this.value
  }
  all(...values: unknown[]): unknown[] {
    return values
  }
  bad(): unknown {
    return { rows: [{ ok: 1, fail: new WeakSet() }] }
  }
  _private(): string {
    return 'secret'
  }
}

/** What a caller and a server of this library promise each other, whatever Redis stands between them. */
export function rpcSuite(redis: () => RunningRedis): void {
  let observer: Redis
  let pair: Pair<Calculator>
  let calculator: Calculator

  before(() => {
    observer = new Redis(redis().url)
  })
  beforeEach(async () => {
    calculator = new Calculator()
    pair = await startPair(redis(), calculator)
  })
  afterEach(async () => {
    await closeLeavingNothing(pair, redis())
  })
  after(() => observer?.disconnect())

  it('runs the method there and returns its value here', async () => {
    expect(await pair.client.clr()).to.equal(undefined)
    expect(await pair.client.add(5)).to.equal(5)
    expect(await pair.client.slowAdd(-3)).to.equal(2)
    expect(calculator.value).to.equal(2)
    expect(pair.server.stats).to.deep.equal({
      succeeded: 3,
      failed: 0,
      expired: 0,
      junk: 0,
      running: 0,
      lent: 0,
      borrowed: 0,
    })
  })

  it('carries arguments and results that plain JSON does not', async () => {
    const values = [
      undefined,
      null,
      Number.NaN,
      -0,
      10n,
      new Date(5),
      new Map([[1, new Set(['a'])]]),
      Buffer.from('hi'),
    ]
    expect(await pair.client.all(...values)).to.deep.equal(values)
  })

  it('throws here what the method threw there', async () => {
    const error = await rejection(pair.client.div(0))
    expect(error).to.be.instanceOf(RangeError)
    expect((error as Error).message).to.equal('division by zero')
    expect((error as Error).stack, 'the local call').to.include('rpc.suite.ts')
    expect((error as Error).stack, 'the far stack').to.include('Calculator.div')
  })

  for (const name of [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '_private',
    'value',
    'nope',
    '',
    'rpc.x',
  ]) {
    it(`refuses to call ${JSON.stringify(name)}`, async () => {
      const error = await rejection(control(pair.client).call(name))
      expect(error).to.be.instanceOf(MethodNotFoundError)
      expect(error).to.include({ code: 'ERR_METHOD_NOT_FOUND', method: name, service: pair.name })
      const [service, quoted] = [pair.name, JSON.stringify(name)]
      expect((error as Error).message).to.match(
        new RegExp(`^the server of ${service} exposes no method ${quoted}: .*"expose"`),
      )
    })
  }

  it('shows only the beginning of a long name that nobody exposes', async () => {
    const name = 'x'.repeat(100_000)
    const client = pair.client as unknown as Record<string, () => Promise<unknown>>
    const error = (await rejection((client[name] as () => Promise<unknown>)())) as MethodNotFoundError
    expect(error.method).to.equal(name)
    expect(error.message).to.have.lengthOf.below(300)
  })

  it('runs what a local call would: the field that overrides a method, the function that a Proxy gives', async () => {
    const forbid = (): never => {
      throw new Error('forbidden')
    }
    class Safe extends Calculator {
      override add = forbid
    }
    const guarded = new Proxy(new Calculator(), { get: () => forbid })
    for (const [target, expose] of [[new Safe()], [guarded], [guarded, ['add']]] as const) {
      const safe = await startPair<Calculator>(redis(), target, { server: expose ? { expose } : {} })
      expect(await rejection(safe.client.add(1))).to.have.property('message', 'forbidden')
      await safe.close()
    }
  })

  it('answers undefined for the names that would make the proxy look like something else', () => {
    const client = pair.client as unknown as Record<PropertyKey, unknown>
    for (const name of ['then', 'catch', 'finally', 'toJSON', 'inspect', '_private', Symbol.iterator]) {
      expect(client[name], String(name)).to.equal(undefined)
    }
    expect(`${client}`, 'a template asks nothing of the far end').to.equal(`[remote object ${pair.name}]`)
    expect(inspect(client)).to.equal(`[remote object ${pair.name}]`)
    expect(client.add, 'a method is the same function each time').to.equal(client.add)
  })

  it('calls by name what means something on every object, where expose names it', async () => {
    const target = { toString: (radix: number) => `own ${radix}`, toJSON: () => 'json', _id: () => 7 }
    const named = await startPair(redis(), target, { server: { expose: ['toString', 'toJSON', '_id'] } })
    const handle = control(named.client)
    expect(await handle.call('toString', 16)).to.equal('own 16')
    expect(await handle.call('toJSON')).to.equal('json')
    expect(await handle.call('_id')).to.equal(7)
    expect(String(named.client), 'the client itself').to.equal(`[remote object ${named.name}]`)
    const late = control(handle.with({ signal: AbortSignal.abort('late') }))
    expect(await rejection(late.call('_id')), 'with its options').to.equal('late')
    expect(await rejection(handle.call(7 as never))).to.be.instanceOf(InvalidOptionError)
    await named.close()
  })

  it('serves ten thousand concurrent calls of one client from two servers', async () => {
    const second = new RedisRPCServer(redis().url, pair.name, { add: (number: number) => number + 1 })
    const first = new RedisRPCServer(redis().url, pair.name, { add: async (number: number) => number + 1 })
    await pair.server.close()
    await Promise.all([first.start(), second.start()])
    const sums = await Promise.all(Array.from({ length: 10_000 }, (_, number) => pair.client.add(number)))
    expect(sums).to.deep.equal(Array.from({ length: 10_000 }, (_, number) => number + 1))
    expect(first.stats.succeeded + second.stats.succeeded).to.equal(10_000)
    expect(first.stats.succeeded, 'the first took part').to.be.greaterThan(0)
    expect(second.stats.succeeded, 'the second took part').to.be.greaterThan(0)
    await Promise.all([first.close(), second.close()])
  })

  it('lets a call wait for a server that starts later', async () => {
    await pair.server.close()
    const sum = pair.client.add(5)
    await listLength(observer, pair.name, 1)
    const late = new RedisRPCServer(redis().url, pair.name, new Calculator())
    await late.start()
    expect(await sum).to.equal(5)
    await late.close()
  })

  it('runs no more calls at once than its concurrency', async () => {
    const gates: Deferred<void>[] = []
    const name = freshName('gated')
    const gated = { enter: () => gates[gates.push(deferred()) - 1]?.promise }
    const server = new RedisRPCServer(redis().url, name, gated, { concurrency: 2 })
    await server.start()
    const client = new RedisRPCClient<{ enter(): Promise<void> }>(redis().url, name)
    const calls = [client.enter(), client.enter(), client.enter()]
    while (gates.length < 2) await observer.ping()
    await listLength(observer, name, 1)
    expect(gates).to.have.lengthOf(2)
    gates[0]?.resolve()
    await calls[0]
    while (gates.length < 3) await observer.ping()
    expect(await observer.llen(name)).to.equal(0)
    for (const gate of gates) gate.resolve()
    await Promise.all(calls)
    await control(client).close()
    await server.close()
  })

  it('gives up after the time allowed, and takes back what nobody has begun', async () => {
    await control(pair.client).ping()
    await pair.server.close()
    const waiting = pair.client.add(1)
    const abort = new AbortController()
    const aborted = control(pair.client).with({ signal: abort.signal }).add(2)
    await until(async () => (await observer.llen(pair.name)) === 2)
    const error = await rejection(control(pair.client).with({ timeoutMs: 1 }).add(5))
    expect(error).to.be.instanceOf(TimeoutError)
    expect(error).to.include({ code: 'ERR_TIMEOUT', operation: `${pair.name}.add`, timeoutMs: 1 })
    abort.abort(new Error('changed my mind'))
    await rejection(aborted)
    const args = async (): Promise<unknown[]> =>
      (await observer.lrange(pair.name, 0, -1)).map((text) => JSON.parse(text).function_call.args[0])
    await until(async () => (await observer.llen(pair.name)) === 1)
    expect(await args()).to.deep.equal([1])
    await Promise.all([rejection(waiting), control(pair.client).close()])
    expect(await args(), 'requests left after close').to.deep.equal([])
  })

  it('does not begin a call after its deadline', async () => {
    const request = { function_call: { name: 'add', args: [5] }, response_queue: `${pair.name}:rpc:gone`, id: 1 }
    // Each end knows Redis's clock to within half a round trip.
    await observer.rpush(pair.name, JSON.stringify({ ...request, deadline: (await redisNow(observer)) - 100 }))
    expect(await pair.client.add(7)).to.equal(7)
    expect(pair.server.stats.expired).to.equal(1)
  })

  it('carries many calls on one signal, and warns of nothing', async () => {
    const warnings: Error[] = []
    const warned = (warning: Error): void => void warnings.push(warning)
    process.on('warning', warned)
    const abort = new AbortController()
    const proxy = control(pair.client).with({ signal: abort.signal })
    await Promise.all(Array.from({ length: 50 }, () => proxy.add(0)))
    await pair.server.close()
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
    const aborted = control(pair.client).with({ signal: AbortSignal.abort(reason) })
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
    const left = await observer.llen(name)
    expect(left).to.be.lessThan(5)
    await until(() => messages.length === 6 - left)
    expect(new Set(messages)).to.deep.equal(new Set([`server ${name} was closed`]))
    await control(client).close()
    await Promise.all(calls)
  })

  it('has nothing on it that a container for injection would call', () => {
    const proxy = pair.client as unknown as Record<string, unknown>
    expect([proxy.onModuleInit, proxy.onModuleDestroy, proxy.onApplicationShutdown]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('is not carried itself', async () => {
    for (const [value, path] of [
      [pair.client, 'args[0]'],
      [{ deep: [pair.client] }, 'args[0].deep[0]'],
    ] as const) {
      const error = await rejection(pair.client.all(value))
      expect(error).to.be.instanceOf(SerializationError)
      expect(error).to.have.property('path', path)
      expect((error as Error).message).to.match(
        /: a remote object cannot be carried; make a client of its service there$/,
      )
    }
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
      control(pair.client)
        .with({ signal: AbortSignal.abort('no') })
        .add(1),
    )
    expect(error).to.equal('no')
    expect(calculator.value).to.equal(0)
  })

  it('goes on after junk on the list, and tells its sender where there is one', async () => {
    const replies = `${pair.name}:rpc:JUNKJUNK`
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
    await observer.rpush(pair.name, ...junk)
    expect(await pair.client.add(5)).to.equal(5)
    expect(calculator.value, 'nothing of it was run').to.equal(5)
    expect(pair.server.stats.junk).to.equal(junk.length)
    expect(pair.errors).to.have.lengthOf(junk.length)
    expect(await observer.exists('elsewhere')).to.equal(0)
    const told = await observer.lrange(replies, 0, -1)
    expect(told).to.have.lengthOf(4)
    for (const text of told) expect(JSON.parse(text).exception).to.match(/^ProtocolError: /)
    await observer.del(replies)
  })

  it('goes on after junk on the inbox', async () => {
    await pair.server.close()
    const sum = pair.client.add(1)
    await listLength(observer, pair.name, 1)
    const request = JSON.parse((await observer.lpop(pair.name)) as string)
    const junk = ['not JSON', '[]', '{"id":"x","return_value":1}', '{"id":1}', '{"id":1,"v":2,"return_value":1}']
    await observer.rpush(request.response_queue, ...junk, '{"id":99,"return_value":1}', '{"id":1,"return_value":6}')
    expect(await sum).to.equal(6)
    expect(control(pair.client).stats).to.deep.equal({ pending: 0, late: 1, junk: junk.length, lent: 0, borrowed: 0 })
    expect(pair.errors.map((error) => (error as { code?: string }).code)).to.deep.equal(junk.map(() => 'ERR_PROTOCOL'))
  })

  it('says so when the server turns out to be a classic one', async () => {
    await pair.server.close()
    const sum = rejection(pair.client.add(1))
    await listLength(observer, pair.name, 1)
    const request = JSON.parse((await observer.lpop(pair.name)) as string)
    await observer.rpush(request.response_queue, '{"return_value":6}')
    const error = await sum
    expect(error).to.be.instanceOf(ProtocolError)
    expect((error as Error).message).to.include("dialect: 'classic'")
  })

  it('refuses a message over a limit, either way', async () => {
    const small = await startPair(redis(), new Calculator(), {
      server: { maxMessageBytes: 4_000, maxDepth: 20 },
      client: { maxMessageBytes: 100_000, maxDepth: 40 },
    })
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])
    const bytes = { code: 'ERR_MESSAGE_TOO_LARGE', limit: 'maxMessageBytes' }
    const depth = { code: 'ERR_MESSAGE_TOO_LARGE', limit: 'maxDepth' }
    expect(await rejection(small.client.all('x'.repeat(200_000))), 'not sent').to.include({
      ...bytes,
      maximum: 100_000,
    })
    expect(await rejection(small.client.all('x'.repeat(5_000))), 'not read').to.include({ ...bytes, maximum: 4_000 })
    expect(await rejection(small.client.all('é'.repeat(2_000))), 'bytes, not characters').to.include(bytes)
    expect(await rejection(small.client.all(deep(100))), 'not sent').to.include({ ...depth, maximum: 40 })
    expect(await rejection(small.client.all(deep(38))), 'not read').to.include({ ...depth, maximum: 20 })
    expect(await rejection(small.client.all('x'.repeat(3_900))), 'the reply').to.be.instanceOf(MessageTooLargeError)
    expect(await small.client.add(1), 'both go on').to.equal(1)
    await small.close()
  })

  it('names the path of what cannot travel, either way', async () => {
    const sent = await rejection(pair.client.all(1, { a: [new WeakSet()] }))
    expect(sent).to.be.instanceOf(SerializationError)
    expect(sent).to.include({ path: 'args[1].a[0]' })
    const returned = await rejection(pair.client.bad())
    expect(returned).to.be.instanceOf(SerializationError)
    expect(returned).to.include({ path: 'return_value.rows[0].fail' })
  })

  it('hands named arguments to a method as one last object', async () => {
    expect(await pair.client.all(1, kwargs({ to: 'EUR' }))).to.deep.equal([1, { to: 'EUR' }])
  })

  it('measures a ping, and one that nobody answers ends', async () => {
    expect(await control(pair.client).ping()).to.be.within(0, 5_000)
    await pair.server.close()
    expect(await rejection(control(pair.client).ping({ timeoutMs: 1 }))).to.be.instanceOf(TimeoutError)
    await observer.del(pair.name)
  })

  it('finishes and answers what it has when the server closes', async () => {
    const gate = deferred<void>()
    const name = freshName('drain')
    const target = { wait: () => gate.promise.then(() => 'finished') }
    const server = new RedisRPCServer(redis().url, name, target)
    const run = server.run()
    const client = new RedisRPCClient<typeof target>(redis().url, name)
    const call = client.wait()
    while (server.stats.running === 0) await observer.ping()
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
    await pair.server.close()
    const call = pair.client.add(1)
    await listLength(observer, pair.name, 1)
    const rejected = rejection(call)
    await control(pair.client).close()
    const waited = `the client was closed while ${pair.name}.add was waiting for its answer`
    expect(await rejected)
      .to.be.instanceOf(ClosedError)
      .with.property('message', waited)
    const closed = `the client of ${pair.name} is closed`
    expect(await rejection(pair.client.add(1)))
      .to.be.instanceOf(ClosedError)
      .with.property('message', closed)
    await observer.del(pair.name)
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
    expect(await pair.client.add(1)).to.equal(1)
    await observer.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    while (calculator.value < 2) await pair.client.add(1).catch(() => {})
    expect(await pair.client.add(1)).to.equal(calculator.value)
  })

  it('drops the requests that wait when told to', async () => {
    await pair.server.close()
    const stale = pair.client.add(1)
    await listLength(observer, pair.name, 1)
    const server = new RedisRPCServer(redis().url, pair.name, calculator, { flushOnStart: true })
    await server.start()
    expect(await pair.client.add(5)).to.equal(5)
    const rejected = rejection(stale)
    await control(pair.client).close()
    expect(await rejected).to.be.instanceOf(ClosedError)
    await server.close()
  })

  it('refuses a list that is of another type', async () => {
    const name = freshName('string')
    await observer.set(name, 'x')
    const error = await rejection(new RedisRPCServer(redis().url, name, {}).start())
    expect(error).to.be.instanceOf(ConnectionError)
    expect((error as Error).message)
      .to.include(name)
      .and.to.include('WRONGTYPE')
    await observer.del(name)
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
