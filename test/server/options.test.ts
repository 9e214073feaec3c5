import { inspect } from 'node:util'
import { expect } from 'chai'
import { InvalidOptionError, RedisRPCServer } from 'redis-object-rpc'

const URL = 'redis://127.0.0.1:1'

/** A bad option is refused at construction, before anything connects; the error names it and says what it accepts. */
describe('a server', () => {
  const refused: [options: object, option: string][] = [
    [{ concurrency: 0 }, 'concurrency'],
    [{ concurrency: 1.5 }, 'concurrency'],
    [{ concurrency: '5' }, 'concurrency'],
    [{ maxMessageBytes: -1 }, 'maxMessageBytes'],
    [{ maxDepth: 0 }, 'maxDepth'],
    [{ maxDepth: 1e6 }, 'maxDepth'],
    [{ replyExpireMs: 0 }, 'replyExpireMs'],
    [{ replyExpireMs: 2 ** 31 }, 'replyExpireMs'],
    [{ drainTimeoutMs: -1 }, 'drainTimeoutMs'],
    [{ connectTimeoutMs: Number.NaN }, 'connectTimeoutMs'],
    [{ expose: 'add' }, 'expose'],
    [{ expose: ['nope'] }, 'expose'],
    [{ expose: ['add'], writable: 'add' }, 'writable'],
    [{ methods: [] }, 'methods'],
    [{ methods: 5 }, 'methods'],
    [{ methods: { nope: {} } }, 'methods'],
    [{ methods: { add: { delivery: 'twice' } } }, 'delivery'],
    [{ methods: { add: { deliver: 'at-least-once' } } }, 'deliver'],
    [{ exposeStacks: 'no' }, 'exposeStacks'],
    [{ flushOnStart: 1 }, 'flushOnStart'],
    [{ onError: 'log' }, 'onError'],
    [{ classes: Error }, 'classes'],
    [{ classes: [1] }, 'classes'],
    [{ clock: {} }, 'clock'],
    [{ streamWindowBytes: 1_000 }, 'streamWindowBytes'],
    [{ streamWindowBytes: Number.POSITIVE_INFINITY }, 'streamWindowBytes'],
    [{ streamIdleMs: 0 }, 'streamIdleMs'],
    [{ maxStreams: -1 }, 'maxStreams'],
    [{ use: ['log'] }, 'use'],
    [{ concurency: 5 }, 'concurency'],
    [null as never, 'options'],
  ]
  for (const [options, option] of refused) {
    it(`refuses the options ${inspect(options)} and names ${option}`, () => {
      expect(() => new RedisRPCServer(URL, 'calc', { add() {} }, options))
        .to.throw(InvalidOptionError)
        .with.property('option', option)
    })
  }

  const refusedArguments: [make: () => unknown, named: string][] = [
    [() => new RedisRPCServer(URL, '', {}), 'name'],
    [() => new RedisRPCServer(URL, 5 as never, {}), 'name'],
    [() => new RedisRPCServer(URL, 'calc', null as never), 'target'],
    [() => new RedisRPCServer(URL, 'calc', 'text' as never), 'target'],
    [() => new RedisRPCServer('', 'calc', {}), 'redis'],
    [() => new RedisRPCServer('http://localhost:6379', 'calc', {}), 'redis'],
    [() => new RedisRPCServer('redis://localhost:6379/abc', 'calc', {}), 'redis'],
    [() => new RedisRPCServer(undefined as never, 'calc', {}), 'redis'],
  ]
  it('refuses a name, a target or an address that cannot be right, and names it', () => {
    for (const [make, named] of refusedArguments) {
      expect(make).to.throw(InvalidOptionError).with.property('option', named)
    }
  })

  it('says which values of an option it accepts, and which it got', () => {
    expect(() => new RedisRPCServer(URL, 'calc', {}, { concurrency: 0 })).to.throw(
      'concurrency must be a whole number of at least 1, got 0',
    )
  })
})
