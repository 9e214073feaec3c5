import { expect } from 'chai'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { InvalidOptionError } from 'redis-object-rpc'
import type { RedisSource } from '../../lib/link/source.ts'
import { addressOf } from '../helpers/address.ts'

/** The options that a source's connections get. */
function optionsOf(source: unknown): RedisOptions {
  const life = addressOf(source as RedisSource).open(1_000)
  return life.options as RedisOptions
}

function clusterOf(url: string): Cluster {
  const life = addressOf(url).open(1_000)
  expect(life).to.be.instanceOf(Cluster)
  return life as Cluster
}

describe('where Redis is, as a URL', () => {
  const urls: [url: string | URL, options: RedisOptions][] = [
    ['redis://h', { host: 'h', port: 6379, db: 0 }],
    ['redis://', { host: 'localhost', port: 6379 }],
    ['redis://h:6380/2', { host: 'h', port: 6380, db: 2 }],
    [' redis://h:6380/2\n', { host: 'h', port: 6380, db: 2 }],
    ['redis://u:p%40%2Fs@h/', { host: 'h', username: 'u', password: 'p@/s', db: 0 }],
    ['redis://:p@ss@h', { host: 'h', username: '', password: 'p@ss' }],
    ['redis://h?db=3&keyPrefix=12&family=6&noDelay=false', { db: 3, keyPrefix: '12', family: 6, noDelay: false }],
    ['redis://h/1?db=3', { db: 1 }],
    ['redis://[::1]:6380', { host: '::1', port: 6380 }],
    ['REDISS://h', { host: 'h', tls: {} }],
    ['rediss://h?password=12', { host: 'h', password: '12', tls: {} }],
    ['valkey://h/4', { host: 'h', db: 4 }],
    ['valkeys://h', { host: 'h', tls: {} }],
    ['unix:///tmp/redis.sock?db=2', { path: '/tmp/redis.sock', db: 2 }],
    ['unix://:secret@/tmp/my%20redis.sock', { path: '/tmp/my redis.sock', password: 'secret' }],
    ['/tmp/redis.sock', { path: '/tmp/redis.sock' }],
    ['h', { host: 'h', port: 6379 }],
    ['h:6380', { host: 'h', port: 6380 }],
    ['6380', { host: 'localhost', port: 6380 }],
    ['//h:6380/2', { host: 'h', port: 6380, db: 2 }],
    [new URL('redis://:secret@h:6380/2'), { host: 'h', port: 6380, db: 2, password: 'secret' }],
  ]
  for (const [url, options] of urls) {
    it(`${JSON.stringify(String(url))} is read`, () => {
      expect(optionsOf(url)).to.deep.include(options)
    })
  }

  it('a Cluster by its nodes', () => {
    const cluster = clusterOf('redis-cluster://u:secret@h1:7000,h2,[::1]:7002?keyPrefix=a:')
    expect(nodesOf(cluster)).to.deep.equal([
      { host: 'h1', port: 7000 },
      { host: 'h2', port: 6379 },
      { host: '::1', port: 7002 },
    ])
    const { redisOptions } = cluster.options
    expect(redisOptions).to.deep.include({
      username: 'u',
      password: 'secret',
      keyPrefix: 'a:',
    })
    expect(redisOptions).to.not.have.property('tls')
    for (const url of ['rediss-cluster://h', 'valkeys-cluster://h']) {
      expect(clusterOf(url).options.redisOptions).to.deep.include({ tls: {} })
    }
    expect(addressOf('valkey-cluster://h1,h2')).to.include({ isCluster: true, description: 'valkey-cluster://h1,h2' })
  })

  it('a master by its Sentinels', () => {
    const sentinels = [
      { host: 'h1', port: 26379 },
      { host: 'h2', port: 5000 },
    ]
    const url = 'redis-sentinel://u:secret@h1,h2:5000/main?db=1&sentinelPassword=other'
    expect(optionsOf(url)).to.deep.include({
      sentinels,
      name: 'main',
      db: 1,
      password: 'secret',
      sentinelPassword: 'other',
    })
    expect(optionsOf('redis-sentinel://h1,h2:5000?name=main')).to.deep.include({
      sentinels,
      name: 'main',
    })
    expect(optionsOf('rediss-sentinel://h1,h2:5000/main')).to.deep.include({
      ...{ sentinels, name: 'main', tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true },
    })
    expect(addressOf(url).description).to.equal('redis-sentinel://h1,h2:5000/main')
  })

  for (const [url, problem] of [
    ['http://h', 'its scheme is none of these'],
    ['redis-ring://h', 'its scheme is none of these'],
    ['redis://h/abc', 'its path is not the number of a database'],
    ['redis://h/-1', 'its path is not the number of a database'],
    ['redis://h1,h2', 'several hosts need redis-cluster:// or redis-sentinel://'],
    ['redis://h:99999', 'its port is not from 1 to 65535'],
    ['redis://h:port', 'a host or port in it cannot be read'],
    ['redis://:secret#x@h', 'a host or port in it cannot be read'],
    ['redis://:sec?ret@h', 'a host or port in it cannot be read'],
    ['redis://:secret%zz@h', 'a % in it does not begin a character code'],
    ['redis-cluster://', 'a host or port in it cannot be read'],
    ['redis-cluster://h1,,h2', 'a host or port in it cannot be read'],
    ['redis-sentinel://h1', 'its path is not the name of a master'],
    ['redis-sentinel://h1/main/1', 'its path is not the name of a master'],
  ] as const) {
    it(`${url} is refused: ${problem}`, () => {
      expect(() => addressOf(url))
        .to.throw(InvalidOptionError, problem)
        .with.property('message')
        .that.does.not.match(/sec|ret/)
    })
  }
})

describe('where Redis is, as options', () => {
  class Base {
    readonly #host = 'h'
    get host() {
      return this.#host
    }
    method() {}
  }
  class Config extends Base {
    port = 6380
  }
  const host: [kind: string, source: object][] = [
    ['plain', { host: 'h', port: 6380 }],
    ['getters of a class', new Config()],
    ['inherited', Object.create({ host: 'h', port: 6380 })],
    ['without a prototype', Object.assign(Object.create(null), { host: 'h', port: '6380' })],
    ['not enumerable', Object.defineProperties({}, { host: { value: 'h' }, port: { value: 6380 } })],
    ['a URL among them', { url: 'redis://h:6380' }],
    ['a URL object among them', { url: new URL('redis://h:6380'), host: 'other' }],
  ]
  for (const [kind, source] of host) {
    it(`${kind}: are read`, () => {
      expect(optionsOf(source)).to.include({ host: 'h', port: 6380 }).and.not.have.property('method')
    })
  }

  it('beside a URL add to it', () => {
    expect(optionsOf({ url: 'redis-sentinel://h/main', password: 'secret' })).to.include({
      name: 'main',
      password: 'secret',
    })
    const life = addressOf({ url: 'redis-cluster://h', password: 'secret' }).open(1_000) as Cluster
    expect(life.options.redisOptions).to.include({ password: 'secret' })
  })

  it('may be empty, and name a database as text', () => {
    expect(optionsOf({})).to.include({ host: 'localhost', port: 6379, db: 0 })
    expect(optionsOf({ db: '3' })).to.include({ db: 3 })
    expect(optionsOf({ db: null })).to.include({ db: 0 })
  })

  for (const [what, source, problem] of [
    ['options of node-redis', { socket: { host: 'h' } }, 'the option is host, port and tls, not socket'],
    ['another name of the host', { hostname: 'h', port: 1 }, 'the option is host, not hostname'],
    ['no options at all', { hots: 'h' }, 'this is an object without them'],
    ['an empty url', { url: undefined }, 'its url is empty'],
    ['a database that is no number', { db: 'main' }, 'its db is no whole number'],
    ['a negative database', { db: -1 }, 'its db is no whole number'],
    ['no database', { db: Number.NaN }, 'its db is no whole number'],
    ['a Map', new Map([['host', 'h']]), 'this is an instance of Map'],
    ['an error', new Error('host'), 'this is an instance of Error'],
    ['a promise', Promise.resolve('redis://h'), 'this is a promise, which has to be awaited'],
    ['a class', Redis, 'this is a function'],
    ['an array', ['redis://h'], 'this is an array'],
    ['nothing', undefined, 'this is undefined'],
    ['a number', 6379, 'this is a number'],
    ['a client of node-redis', createClient(), 'this is a client of node-redis'],
    ['an older client of node-redis', { sendCommand() {}, commandOptions: {} }, 'this is a client of node-redis'],
    [
      'an object without a prototype',
      Object.assign(Object.create(null), { hots: 'h' }),
      'this is an object without them',
    ],
    ['a cluster of node-redis', createCluster({ rootNodes: [] }), 'this is a client of node-redis'],
  ] as const) {
    it(`${what}: is refused`, () => {
      expect(() => addressOf(source as never))
        .to.throw(InvalidOptionError, `or a client of ioredis or iovalkey (${problem})`)
        .with.property('option', 'redis')
    })
  }
})

describe('the name of a connection', () => {
  const nameOf = (source: RedisSource, name = 'calc') => addressOf(source, name).open(1_000).options
  it('is valid whatever the service is called', () => {
    for (const name of ['calc', 'käse laden\r\n', '\ud800', 'x'.repeat(10_000)]) {
      const { connectionName = '' } = nameOf('redis://h', name) as RedisOptions
      expect(connectionName)
        .to.match(/^redis-object-rpc:[!-~]+:test$/)
        .and.have.lengthOf.below(500)
    }
  })

  it("is the user's own where there is one", () => {
    const own: [RedisSource, string][] = [
      ['redis://h?connectionName=mine', 'mine'],
      [{ host: 'h', connectionName: 'my app' }, 'my%20app'],
      [new Redis({ lazyConnect: true, connectionName: 'mine' }), 'mine'],
    ]
    for (const [source, connectionName] of own) expect(nameOf(source)).to.include({ connectionName })
    const cluster = new Cluster(['redis://h'], { lazyConnect: true, redisOptions: { connectionName: 'mine' } })
    for (const source of [cluster, 'redis-cluster://h?connectionName=mine']) {
      expect((nameOf(source) as { redisOptions?: RedisOptions }).redisOptions).to.include({ connectionName: 'mine' })
    }
  })
})

function nodesOf(cluster: Cluster): unknown {
  return (cluster as unknown as { startupNodes: unknown }).startupNodes
}
