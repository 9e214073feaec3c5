import { mock } from 'node:test'
import FakeTimers from '@sinonjs/fake-timers'
import { expect } from 'chai'
import { control, RedisRPCClient, RedisRPCServer, TimeoutError } from 'redis-object-rpc'
import { FunctionClient, FunctionServer } from 'redis-object-rpc/functions'
import { Cache, GroupReadStream, ReadQueue, ReadStream, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import type { RunningRedis } from '../helpers/backends.ts'
import { rejection } from '../helpers/pair.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { Bench } from '../ipc/helpers.ts'

/** Puts fakes in the places of timers and clocks; returns what removes them. */
type Fake = () => () => void

const nodeTest = (...args: Parameters<typeof mock.timers.enable>): Fake => {
  return () => {
    mock.timers.enable(...args)
    return () => mock.timers.reset()
  }
}

/** What sinon uses, and Jest. Node's own sockets need `process.nextTick`. */
const fakeTimers = (now: Date): Fake => {
  return () => {
    const clock = FakeTimers.install({ now, toNotFake: ['nextTick'], shouldClearNativeTimers: true })
    return () => clock.uninstall()
  }
}

const replacedNow: Fake = () => {
  const { now } = Date
  Date.now = () => FUTURE.getTime()
  return () => {
    Date.now = now
  }
}

const PAST = new Date('2020-01-01')
const FUTURE = new Date('2040-01-01')

const FAKES: Readonly<Record<string, Fake>> = {
  'node:test, setImmediate': nodeTest({ apis: ['setImmediate'] }),
  'node:test, setTimeout': nodeTest({ apis: ['setTimeout'] }),
  'node:test, everything': nodeTest(),
  'node:test, Date in the past': nodeTest({ apis: ['Date'], now: PAST }),
  'node:test, Date in the future': nodeTest({ apis: ['Date'], now: FUTURE }),
  'Date.now replaced': replacedNow,
  'fake-timers, in the past': fakeTimers(PAST),
  'fake-timers, in the future': fakeTimers(FUTURE),
}

/** A test runner that fakes timers fakes them for those who test, not for what carries their calls. */
export function fakeTimersSuite(redis: () => RunningRedis): void {
  const bench = new Bench(redis, 'faked')
  let restore: (() => void) | undefined
  const install = (fake: Fake) => {
    restore = fake()
  }
  const uninstall = () => {
    restore?.()
    restore = undefined
  }
  afterEach(async () => {
    uninstall()
    await bench.closeAll()
    const left = await bench.keys()
    if (left.length > 0) await bench.raw.del(left.map((key) => key.replace('NAME', bench.name)))
  })

  /** One of everything, made now, and what uses all of it once. */
  function everything(): { use(): Promise<void> } {
    const { url } = redis()
    const { name, onError } = bench
    const options = { onError, connectTimeoutMs: 5_000 }
    const server = bench.open(new RedisRPCServer(url, name, { add: (a: number, b: number) => a + b }, options))
    const started = server.start()
    const client = (dialect: 'native' | 'classic') => {
      const proxy = new RedisRPCClient<{ add(a: number, b: number): number }>(url, name, { ...options, dialect })
      bench.open({ close: () => control(proxy).close() })
      return proxy
    }
    const [native, classic] = [client('native'), client('classic')]
    const functionOptions = { onError, prefix: name }
    const functions = bench.open(new FunctionServer(url, { zero: () => 0 }, functionOptions))
    const functionsStarted = functions.start()
    const caller = bench.open(new FunctionClient<{ zero(): number }>(url, functionOptions))
    const cache = bench.open(new Cache<number>(url, `${name}:cache`, options))
    const [jobs, reliableJobs] = [`${name}:jobs`, `${name}:reliable`]
    const write = bench.open(new WriteQueue<number>(url, jobs, options))
    const read = bench.open(new ReadQueue<number>(url, jobs, { ...options, reliable: false }))
    const writeReliable = bench.open(new WriteQueue<number>(url, reliableJobs, options))
    const reliable = bench.open(new ReadQueue<number>(url, reliableJobs, { ...options, reliable: true }))
    const prices = bench.open(new WriteStream<number>(url, `${name}:prices`, options))
    const events = bench.open(new ReadStream<number>(url, `${name}:prices`, options))
    const group = bench.open(new GroupReadStream<number>(url, `${name}:prices`, 'group', options))
    const opened = Promise.all([events.open(), group.open()])

    const use = async () => {
      await Promise.all([started, functionsStarted, opened])
      for (let i = 0; i < 2; i++) {
        expect(await native.add(1, i), 'native call').to.equal(1 + i)
        expect(await classic.add(2, i), 'classic call').to.equal(2 + i)
        expect(await caller.fn.zero(), 'function').to.equal(0)
        await cache.set('x', i, { ttlMs: 60_000 })
        expect(await cache.bGet('x'), 'cache').to.equal(i)
        await write.publish(i)
        expect((await read.bNext())?.content, 'task').to.equal(i)
        await writeReliable.publish(i)
        const task = await reliable.bNext()
        expect(task?.content, 'acknowledged task').to.equal(i)
        await task?.ack()
        await prices.publish(i)
        expect((await events.bNext())?.content, 'event').to.equal(i)
        const event = await group.bNext()
        expect(event?.content, 'event of a group').to.equal(i)
        await event?.ack()
      }
    }
    return { use }
  }

  for (const [kind, fake] of Object.entries(FAKES)) {
    it(`works on what was opened before, while they are faked, and after: ${kind}`, async () => {
      const { use } = everything()
      await use()
      install(fake)
      await use()
      uninstall()
      await use()
      expect(bench.codes()).to.deep.equal([])
    })

    it(`works on what is opened and closed while they are faked: ${kind}`, async () => {
      install(fake)
      await everything().use()
      await bench.closeAll()
      expect(bench.codes()).to.deep.equal([])
    })

    it(`connects again while they are faked: ${kind}`, async () => {
      const { name, onError } = bench
      const proxy = bench.open(await TcpProxy.start(redis().url))
      const server = bench.open(new RedisRPCServer(proxy.url, name, { one: () => 1 }, { onError }))
      await server.start()
      const client = new RedisRPCClient<{ one(): number }>(proxy.url, name, { onError })
      bench.open({ close: () => control(client).close() })
      expect(await client.one()).to.equal(1)
      install(fake)
      proxy.cut()
      // It may be sent before this end sees the cut; then nobody knows whether it runs.
      const first = await client.one().catch((error: { code: string }) => error.code)
      expect(first).to.be.oneOf([1, 'ERR_DELIVERY_UNKNOWN'])
      expect(await client.one()).to.equal(1)
    })

    it(`gives up in time while they are faked: ${kind}`, async () => {
      const nobody = new RedisRPCClient<{ add(): void }>(redis().url, bench.name, { timeoutMs: 20 })
      bench.open({ close: () => control(nobody).close() })
      install(fake)
      expect(await rejection(nobody.add())).to.be.instanceOf(TimeoutError)
    })
  }

  it('keeps what has a time to live while Date is faked', async () => {
    const cache = bench.open(new Cache<number>(redis().url, `${bench.name}:cache`, { onError: bench.onError }))
    await cache.set('x', 17, { ttlMs: 60_000 })
    for (const fake of [nodeTest({ apis: ['Date'], now: FUTURE }), nodeTest({ apis: ['Date'], now: PAST })]) {
      install(fake)
      expect(await cache.get('x')).to.equal(17)
      await cache.set('y', 18, { ttlMs: 60_000 })
      uninstall()
      expect(await cache.get('y')).to.equal(18)
    }
  })
}
