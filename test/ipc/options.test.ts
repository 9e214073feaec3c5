import { inspect } from 'node:util'
import { expect } from 'chai'
import {
  Cache,
  GroupReadStream,
  InvalidOptionError,
  ReadQueue,
  ReadStream,
  type ReliableReadQueueOptions,
  WriteQueue,
  WriteStream,
} from 'redis-object-rpc/ipc'

const URL = 'redis://127.0.0.1:1'

const make = {
  'a writer of a queue': (options: object) => new WriteQueue(URL, 'name', options),
  'a plain reader': (options: object) => new ReadQueue(URL, 'name', options),
  'a reliable reader': (options: object) =>
    new ReadQueue(URL, 'name', { reliable: true, ...options } as ReliableReadQueueOptions),
  'a cache': (options: object) => new Cache(URL, 'name', options),
  'a writer of a stream': (options: object) => new WriteStream(URL, 'name', options),
  'a reader of a stream': (options: object) => new ReadStream(URL, 'name', options),
  'a reader of a group': (options: object) => new GroupReadStream(URL, 'name', 'group', options),
} as const

/** A bad option is refused at construction, before anything connects; the error names it and says what it accepts. */
describe('options of shared structures', () => {
  const bad: readonly (readonly [kind: keyof typeof make, options: object, option: string])[] = [
    ...(Object.keys(make) as (keyof typeof make)[]).flatMap((kind) => [
      [kind, { connectTimeoutMs: 0 }, 'connectTimeoutMs'] as const,
      [kind, { onError: 'log' }, 'onError'] as const,
      [kind, { maxMessageBytes: 0 }, 'maxMessageBytes'] as const,
      [kind, { maxDepth: 1.5 }, 'maxDepth'] as const,
      [kind, { classes: [1] }, 'classes'] as const,
      [kind, { clock: {} }, 'clock'] as const,
      [kind, { timeout: 5 }, 'timeout'] as const,
    ]),
    ['a plain reader', { reliable: 'yes' }, 'reliable'],
    ['a plain reader', { leaseMs: 1_000 }, 'leaseMs'],
    ['a plain reader', { drainTimeoutMs: -1 }, 'drainTimeoutMs'],
    ['a reliable reader', { leaseMs: 99 }, 'leaseMs'],
    ['a reliable reader', { visibilityTimeoutMs: 0 }, 'visibilityTimeoutMs'],
    ['a reliable reader', { visibilityTimeoutMs: 2 ** 31 }, 'visibilityTimeoutMs'],
    ['a reliable reader', { maxAttempts: 0 }, 'maxAttempts'],
    ['a cache', { layout: 'list' }, 'layout'],
    ['a cache', { checkEveryMs: 0 }, 'checkEveryMs'],
    ['a writer of a stream', { maxEvents: 0 }, 'maxEvents'],
    ['a reader of a stream', { from: 'now' }, 'from'],
    ['a reader of a stream', { from: 5 }, 'from'],
    ['a reader of a stream', { batchSize: 0 }, 'batchSize'],
    ['a reader of a stream', { batchSize: 10_001 }, 'batchSize'],
    ['a reader of a group', { claimIdleMs: 50 }, 'claimIdleMs'],
    ['a reader of a group', { maxAttempts: Number.NaN }, 'maxAttempts'],
    ['a reader of a group', { drainTimeoutMs: '5' }, 'drainTimeoutMs'],
  ]
  for (const [kind, options, option] of bad) {
    it(`of ${kind}: ${inspect(options)} names ${option}`, () => {
      expect(() => make[kind](options))
        .to.throw(InvalidOptionError)
        .with.property('option', option)
    })
  }

  it('of a call are checked when it is made, and nothing is done', async () => {
    const queue = new ReadQueue(URL, 'name', { reliable: true })
    const cache = new Cache(URL, 'name')
    const jobs = new WriteQueue(URL, 'name')
    const calls: readonly (readonly [call: () => Promise<unknown>, option: string])[] = [
      [() => queue.bNext({ timeoutMs: -1 }), 'timeoutMs'],
      [() => queue.bNext({ signal: 5 as never }), 'signal'],
      [() => queue.bNext({ timeout: 5 } as never), 'timeout'],
      [() => queue.process(() => {}, { concurrency: 0 }), 'concurrency'],
      [() => queue.process(() => {}, { retryDelayMs: -1 }), 'retryDelayMs'],
      [() => queue.process(() => {}, { retryDelayMs: '5' as never }), 'retryDelayMs'],
      [() => queue.process('handler' as never), 'handler'],
      [() => queue.deadLetters.list({ count: 0 }), 'count'],
      [() => queue.deadLetters.list({ after: '' }), 'after'],
      [() => jobs.publish(1, { delayMs: -1 }), 'delayMs'],
      [() => jobs.publish(1, { delay: 5 } as never), 'delay'],
      [() => cache.set('a', 1, { ttl: 5 } as never), 'ttl'],
      [() => cache.getOrSet('a', 'loader' as never), 'loader'],
      [() => cache.getOrSet('a', () => 1, { lockMs: 10 }), 'lockMs'],
      [() => cache.getOrSet('a', () => 1, { timeoutMs: -1 }), 'timeoutMs'],
      [() => cache.bGet('a', { signal: {} as never }), 'signal'],
    ]
    for (const [call, option] of calls) {
      const error = await call().then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error, option).to.be.instanceOf(InvalidOptionError).with.property('option', option)
    }
    await Promise.all([queue.close(), cache.close(), jobs.close()])
  })

  it('leave no name and no address unchecked', () => {
    for (const name of ['', 5, undefined, null]) {
      expect(() => new WriteQueue(URL, name as string)).to.throw(InvalidOptionError, 'name')
      expect(() => new ReadQueue(URL, name as string)).to.throw(InvalidOptionError, 'name')
      expect(() => new Cache(URL, name as string)).to.throw(InvalidOptionError, 'name')
      expect(() => new WriteStream(URL, name as string)).to.throw(InvalidOptionError, 'name')
      expect(() => new ReadStream(URL, name as string)).to.throw(InvalidOptionError, 'name')
      expect(() => new GroupReadStream(URL, 'name', name as string)).to.throw(InvalidOptionError, 'group')
    }
    for (const redis of ['', 5, undefined, null, []]) {
      expect(() => new Cache(redis as never, 'name')).to.throw(InvalidOptionError, 'redis')
    }
    expect(() => new Cache(URL, 'name', null as never)).to.throw(InvalidOptionError, 'options')
  })

  it('close what was never used', async () => {
    for (const each of Object.values(make)) await each({}).close()
  })

  it('knows readers of both kinds by one name', () => {
    expect(make['a plain reader']({})).to.be.instanceOf(ReadQueue)
    expect(make['a reliable reader']({})).to.be.instanceOf(ReadQueue)
    expect(make['a cache']({})).not.to.be.instanceOf(ReadQueue)
  })
})
