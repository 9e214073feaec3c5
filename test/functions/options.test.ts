import { inspect } from 'node:util'
import { expect } from 'chai'
import { Cluster } from 'ioredis'
import { InvalidOptionError } from 'redis-object-rpc'
import { FunctionClient, FunctionServer, type Functions } from 'redis-object-rpc/functions'

const URL = 'redis://127.0.0.1:1'
const functions = { add: ({ a, b }: { a: number; b: number }) => a + b }

/** A bad option is refused at construction, before anything connects; the error names it and says what it accepts. */
describe('options of functions', () => {
  for (const [options, option] of [
    [{ prefix: '' }, 'prefix'],
    [{ prefix: 5 }, 'prefix'],
    [{ kind: '' }, 'kind'],
    [{ id: '' }, 'id'],
    [{ id: 'a:b' }, 'id'],
    [{ id: 7 }, 'id'],
    [{ resultExpireMs: 0 }, 'resultExpireMs'],
    [{ requestExpireMs: -1 }, 'requestExpireMs'],
    [{ heartbeatPeriodMs: 0 }, 'heartbeatPeriodMs'],
    [{ heartbeatExpireMs: 2_000 }, 'heartbeatExpireMs'],
    [{ heartbeatPeriodMs: 5_000 }, 'heartbeatExpireMs'],
    [{ limit: 0 }, 'limit'],
    [{ limit: 1.5 }, 'limit'],
    [{ limit: Number.POSITIVE_INFINITY }, 'limit'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ signals: 'SIGTERM' }, 'signals'],
    [{ signals: [15] }, 'signals'],
    [{ exposeStacks: 1 }, 'exposeStacks'],
    [{ drainTimeoutMs: -1 }, 'drainTimeoutMs'],
    [{ onError: 1 }, 'onError'],
    [{ resultExpire: 120 }, 'resultExpire'],
  ] as [object, string][]) {
    it(`of a server: ${inspect(options)} names ${option}`, () => {
      expect(() => new FunctionServer(URL, functions, options))
        .to.throw(InvalidOptionError)
        .with.property('option', option)
    })
  }

  for (const wrong of [{}, null, undefined, 'add', { add: 5 }, { '': () => 1 }]) {
    it(`of a server: ${inspect(wrong)} are no functions`, () => {
      expect(() => new FunctionServer(URL, wrong as unknown as Functions<object>))
        .to.throw(InvalidOptionError)
        .with.property('option', 'functions')
    })
  }

  for (const [options, option] of [
    [{ prefix: '' }, 'prefix'],
    [{ responseTimeoutMs: 0 }, 'responseTimeoutMs'],
    [{ requestExpireMs: 0 }, 'requestExpireMs'],
    [{ connectTimeoutMs: 'x' }, 'connectTimeoutMs'],
    [{ maxMessageBytes: 0 }, 'maxMessageBytes'],
    [{ resultExpireMs: 5 }, 'resultExpireMs'],
  ] as [object, string][]) {
    it(`of a client: ${inspect(options)} names ${option}`, () => {
      expect(() => new FunctionClient(URL, options))
        .to.throw(InvalidOptionError)
        .with.property('option', option)
    })
  }

  it('of a call are checked before anything is sent', async () => {
    const client = new FunctionClient(URL)
    const refused = async (promise: Promise<unknown>, option: string) => {
      const error = await promise.then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).to.be.instanceOf(InvalidOptionError).with.property('option', option)
    }
    await refused(client.call('f', {}, { responseTimeoutMs: -1 }), 'responseTimeoutMs')
    await refused(client.call('f', {}, { timeoutMs: 5 } as object), 'timeoutMs')
    await refused(client.call('f', {}, { signal: {} as AbortSignal }), 'signal')
    await refused(client.call('f', [1] as never), 'kw of f')
    await refused(client.call('f', 'a' as never), 'kw of f')
    await refused(client.call('f', null as never), 'kw of f')
    await refused(client.call(''), 'name')
    await refused(client.call(5 as never), 'name')
    await refused(client.callAsync('f', {}, { responseTimeoutMs: 5 } as object), 'responseTimeoutMs')
    await refused(client.response('f', ''), 'id')
    await refused(client.response('f', 'id', { responseTimeoutMs: 0 }), 'responseTimeoutMs')
    await refused(client.isServerOnline('worker', 'a:b'), 'id')
    await refused(client.onlineServers(''), 'kind')
    await client.close()
  })

  it('need a prefix with a hash tag in a cluster', () => {
    const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true })
    for (const make of [
      (prefix?: string) => new FunctionClient(cluster, prefix === undefined ? {} : { prefix }),
      (prefix?: string) => new FunctionServer(cluster, functions, prefix === undefined ? {} : { prefix }),
    ]) {
      expect(() => make())
        .to.throw(InvalidOptionError)
        .with.property('option', 'prefix')
      expect(() => make('shop')).to.throw(InvalidOptionError)
      expect(() => make('{shop}')).to.not.throw()
    }
  })

  it('name servers apart by default', () => {
    const ids = [1, 2, 3].map(() => new FunctionServer(URL, functions).id)
    expect(new Set(ids).size).to.equal(3)
    for (const id of ids) expect(id).to.match(/^[^:]+$/)
  })
})
