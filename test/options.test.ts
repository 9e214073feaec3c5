import { expect } from 'chai'
import { control, InvalidOptionError, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'

const URL = 'redis://127.0.0.1:1'

/** A bad option is refused at construction, before anything connects; the error names it and says what it accepts. */
describe('options', () => {
  const server: [options: object, option: string][] = [
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
    [{ methods: [] }, 'methods'],
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
  for (const [options, option] of server) {
    it(`of a server: ${JSON.stringify(options)} names ${option}`, () => {
      expect(() => new RedisRPCServer(URL, 'calc', { add() {} }, options))
        .to.throw(InvalidOptionError)
        .with.property('option', option)
    })
  }

  const client: [options: object, option: string][] = [
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: -5 }, 'timeoutMs'],
    [{ timeoutMs: Number.POSITIVE_INFINITY }, 'timeoutMs'],
    [{ dialect: 'modern' }, 'dialect'],
    [{ streamWindowBytes: 2 ** 26 }, 'streamWindowBytes'],
    [{ streamIdleMs: '5' }, 'streamIdleMs'],
    [{ maxStreams: 0.5 }, 'maxStreams'],
    [{ use: {} }, 'use'],
    [{ timeout: 5 }, 'timeout'],
    [{ retry: { attempts: 0 } }, 'attempts'],
    [{ retry: { jitter: 2 } }, 'jitter'],
    [{ retry: { tries: 2 } }, 'tries'],
    [{ retry: 5 }, 'retry'],
  ]
  for (const [options, option] of client) {
    it(`of a client: ${JSON.stringify(options)} names ${option}`, () => {
      expect(() => new RedisRPCClient(URL, 'calc', options))
        .to.throw(InvalidOptionError)
        .with.property('option', option)
    })
  }

  it('of a call are checked when it is made', () => {
    const calc = new RedisRPCClient<{ add(): void }>(URL, 'calc')
    expect(() => control(calc).with({ timeoutMs: -1 })).to.throw(InvalidOptionError, 'timeoutMs')
    expect(() => control(calc).with({ signal: 5 as never })).to.throw(InvalidOptionError, 'signal')
    expect(() => control(calc).with({ idempotencyKey: '' })).to.throw(InvalidOptionError, 'idempotencyKey')
    expect(() => control(calc).with({ idempotencyTtlMs: 0 })).to.throw(InvalidOptionError, 'idempotencyTtlMs')
    expect(() => control({} as never)).to.throw(InvalidOptionError, 'client')
  })

  it('leave no name, no object and no address unchecked', () => {
    const bad = { option: (run: () => unknown, option: string) => expect(run).to.throw(InvalidOptionError).with.property('option', option) } // biome-ignore format: one line
    bad.option(() => new RedisRPCServer(URL, '', {}), 'name')
    bad.option(() => new RedisRPCServer(URL, 5 as never, {}), 'name')
    bad.option(() => new RedisRPCServer(URL, 'calc', null as never), 'target')
    bad.option(() => new RedisRPCServer(URL, 'calc', 'text' as never), 'target')
    bad.option(() => new RedisRPCServer('', 'calc', {}), 'redis')
    bad.option(() => new RedisRPCServer('http://localhost:6379', 'calc', {}), 'redis')
    bad.option(() => new RedisRPCServer('redis://localhost:6379/abc', 'calc', {}), 'redis')
    bad.option(() => new RedisRPCServer(undefined as never, 'calc', {}), 'redis')
    bad.option(() => new RedisRPCClient(URL, ''), 'name')
    bad.option(() => new RedisRPCClient(7 as never, 'calc'), 'redis')
  })

  it('say what is accepted and what came', () => {
    expect(() => new RedisRPCServer(URL, 'calc', {}, { concurrency: 0 })).to.throw(
      'concurrency must be a whole number of at least 1, got 0',
    )
  })
})
