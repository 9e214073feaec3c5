import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { control, RedisRPCClient } from 'redis-object-rpc'
import { FunctionClient } from 'redis-object-rpc/functions'
import { Cache, GroupReadStream, ReadQueue, ReadStream } from 'redis-object-rpc/ipc'
import type { RunningRedis } from '../helpers/backends.ts'
import { until } from '../helpers/until.ts'
import { Bench } from '../ipc/helpers.ts'

const MANY = 50

/** However much waits for one AbortSignal, it is one listener there: from the eleventh on Node warns of a leak. */
export function signalSuite(redis: () => RunningRedis): void {
  const bench = new Bench(redis, 'signal')
  const { onError } = bench
  let stop: AbortController
  let warnings: Error[]
  const warned = (warning: Error) => void warnings.push(warning)

  beforeEach(() => {
    stop = new AbortController()
    warnings = []
    process.on('warning', warned)
  })
  afterEach(async () => {
    await setImmediate() // a warning is told on a later tick
    process.off('warning', warned)
    await bench.closeAll()
    await bench.raw.del(bench.name)
    expect(warnings).to.deep.equal([])
  })

  const client = (dialect: 'native' | 'classic') => {
    const proxy = new RedisRPCClient<{ work(): void }>(redis().url, bench.name, { dialect, onError })
    bench.open({ close: () => control(proxy).close() })
    return control(proxy).with({ signal: stop.signal })
  }
  const functions = () => bench.open(new FunctionClient<{ f(): void }>(redis().url, { onError }))
  const cache = () => bench.open(new Cache<number>(redis().url, bench.name, { onError }))
  const queue = () => bench.open(new ReadQueue(redis().url, bench.name, { onError, reliable: false }))
  const reliable = () => bench.open(new ReadQueue(redis().url, bench.name, { onError, reliable: true }))
  const events = () => bench.open(new ReadStream(redis().url, bench.name, { onError }))
  const group = () => bench.open(new GroupReadStream(redis().url, bench.name, 'group', { onError }))
  const never = () => new Promise<never>(() => {})

  const waits: Readonly<Record<string, () => (signal: AbortSignal) => Promise<unknown>>> = {
    'native calls': () => {
      const proxy = client('native')
      return () => proxy.work()
    },
    'classic calls': () => {
      const proxy = client('classic')
      return () => proxy.work()
    },
    'calls of functions': () => {
      const { fn } = functions()
      return (signal) => fn.f(undefined, { signal })
    },
    'results of functions': () => {
      const waiting = functions()
      return (signal) => waiting.response('f', 'nobody', { signal })
    },
    'Cache.bGet': () => {
      const entries = cache()
      return (signal) => entries.bGet('x', { signal })
    },
    'Cache.getOrSet': () => {
      const entries = cache()
      return (signal) => entries.getOrSet('x', never, { signal })
    },
    'ReadQueue.bNext': () => {
      const jobs = queue()
      return (signal) => jobs.bNext({ signal })
    },
    'ReadQueue.process': () => {
      const jobs = queue()
      return (signal) => jobs.process(never, { signal })
    },
    'ReliableReadQueue.bNext': () => {
      const jobs = reliable()
      return (signal) => jobs.bNext({ signal })
    },
    'ReliableReadQueue.process': () => {
      const jobs = reliable()
      return (signal) => jobs.process(never, { signal })
    },
    'ReadStream.bNext': () => {
      const prices = events()
      return (signal) => prices.bNext({ signal })
    },
    'GroupReadStream.bNext': () => {
      const prices = group()
      return (signal) => prices.bNext({ signal })
    },
    'GroupReadStream.process': () => {
      const prices = group()
      return (signal) => prices.process(never, { signal })
    },
  }

  for (const [kind, open] of Object.entries(waits)) {
    it(`${MANY} waits of one signal add one listener: ${kind}`, async () => {
      const begin = open()
      const running = Array.from({ length: MANY }, () => begin(stop.signal))
      const ended = Promise.allSettled(running)
      await until(() => getEventListeners(stop.signal, 'abort').length > 0)
      await setImmediate()
      expect(getEventListeners(stop.signal, 'abort')).to.have.length(1)
      stop.abort('enough')
      const isProcessing = kind.endsWith('process')
      for (const outcome of await ended) {
        expect(outcome).to.include(isProcessing ? { status: 'fulfilled' } : { status: 'rejected', reason: 'enough' })
      }
      expect(getEventListeners(stop.signal, 'abort'), 'left behind').to.deep.equal([])
    })
  }

  it('waits that end otherwise leave no listener behind', async () => {
    const { signal } = stop
    const [entries, jobs, prices] = [cache(), queue(), events()]
    await Promise.allSettled([
      entries.bGet('x', { signal, timeoutMs: 1 }),
      jobs.bNext({ signal, timeoutMs: 1 }),
      prices.bNext({ signal, timeoutMs: 1 }),
    ])
    const processing = jobs.process(never, { signal })
    await jobs.close()
    await processing
    expect(getEventListeners(signal, 'abort')).to.deep.equal([])
  })
}
