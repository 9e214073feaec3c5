import { once } from 'node:events'
import { expect } from 'chai'
import { FunctionServer } from 'redis-object-rpc/functions'
import type { RunningRedis } from '../helpers/backends.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import { Harness, withoutTs } from './harness.ts'
import { sentTransactions } from './sent-commands.ts'

/** What a server reads and writes, byte for byte. */
export function serverMessagesSuite(redis: () => RunningRedis): void {
  const harness = new Harness(redis)

  const now = () => new Date().toISOString()

  const python = () =>
    now()
      .slice(0, -1)
      .replace(/\.(\d{3})$/, '.$1456')

  const go = () => `${now().slice(0, 19)}+00:00`

  for (const [name, request, result] of [
    ['add', (ts: string) => `{"id": "u1", "ts": "${ts}", "kw": {"a": 1, "b": 2.5}}`, '{"ts":…,"res":3.5}'],
    ['add', (ts: string) => `{"id":"u1","kw":{"a":1,"b":2},"ts":"${ts}"}`, '{"ts":…,"res":3}'],
    [
      'echo',
      (ts: string) => `{"id": "u1", "ts": "${ts}", "kw": {"value": "J\\u00f6rg \\u2603"}}`,
      '{"ts":…,"res":"Jörg ☃"}',
    ],
    ['echo', (ts: string) => `{"id": "u1", "ts": "${ts}", "kw": {"value": null}}`, '{"ts":…,"res":null}'],
    ['echo', (ts: string) => `{"id":"u1","kw":null,"ts":"${ts}"}`, '{"ts":…,"res":null}'],
    ['nothing', (ts: string) => `{"id": "u1", "ts": "${ts}", "kw": {}}`, '{"ts":…,"res":null}'],
    ['zero', () => '{"id":"u1"}', '{"ts":…,"res":0}'],
    [
      'keys',
      () => '{"id":"u1","kw":{"constructor":1,"hasOwnProperty":2}}',
      '{"ts":…,"res":["constructor","hasOwnProperty"]}',
    ],
  ] as const) {
    it(`answers ${name}: ${request('…')} with ${result}`, async () => {
      await harness.start()
      for (const ts of [python(), go()]) expect(withoutTs(await harness.ask(name, request(ts), 'u1'))).to.equal(result)
    })
  }

  it('answers a call that threw with err and err_traceback', async () => {
    const server = await harness.start()
    const result = JSON.parse(await harness.ask('boom', '{"id":"u1","kw":{}}', 'u1'))
    expect(result).to.have.all.keys('ts', 'err', 'err_traceback')
    expect(result.err).to.equal('Broken: it broke')
    expect(result.err_traceback).to.match(/^Broken: it broke\n {4}at .*boom/)
    expect(JSON.parse(await harness.ask('silent', '{"id":"u2"}', 'u2')).err).to.equal('Error')
    expect(JSON.parse(await harness.ask('reject', '{"id":"u3"}', 'u3')).err).to.equal('RangeError: too far')
    expect(JSON.parse(await harness.ask('unsendable', '{"id":"u4"}', 'u4')).err).to.match(/^SerializationError: res/)
    expect(server.stats).to.deep.equal({ succeeded: 0, failed: 4, expired: 0, junk: 0, running: 0 })
  })

  it('keeps stacks to itself where it is told to', async () => {
    await harness.start({ exposeStacks: false })
    expect(JSON.parse(await harness.ask('boom', '{"id":"u1"}', 'u1'))).to.have.all.keys('ts', 'err')
  })

  it('pushes a result and its expiry in one transaction', async () => {
    await using proxy = await TcpProxy.start(harness.url)
    const server = await harness.start({}, proxy.url)
    await harness.ask('zero', '{"id":"u1"}', 'u1')
    const key = harness.result('zero', 'u1')
    const [transaction = []] = sentTransactions(proxy)
    await server.close()
    expect(transaction.map(([command]) => command)).to.deep.equal(['multi', 'rpush', 'expire', 'exec'])
    expect(transaction[1]?.[1]).to.equal(key)
    expect(withoutTs(transaction[1]?.[2] ?? '')).to.equal('{"ts":…,"res":0}')
    expect(transaction[2]).to.deep.equal(['expire', key, '120'])
  })

  it('lets a result that nobody fetches expire', async () => {
    await harness.start({ resultExpireMs: 30_000 })
    const key = harness.result('zero', 'u1')
    await harness.raw.rpush(harness.calls('zero'), '{"id":"u1"}')
    await until(async () => (await harness.raw.llen(key)) === 1)
    expect(await harness.raw.pttl(key)).to.be.within(20_000, 30_000)
  })

  it('sets an expiry that is no whole number of seconds to the millisecond', async () => {
    await harness.start({ resultExpireMs: 1_500 })
    await harness.raw.rpush(harness.calls('zero'), '{"id":"u1"}')
    await until(async () => (await harness.raw.exists(harness.result('zero', 'u1'))) === 1)
    expect(await harness.raw.pttl(harness.result('zero', 'u1'))).to.be.within(1, 1_500)
  })

  it('runs a request that wants no result, and tells nobody', async () => {
    const server = await harness.start()
    await harness.raw.rpush(harness.calls('zero'), '{"id":"u1","no_response":true}', '{"id":"u2"}')
    await harness.resultOf('zero', 'u2')
    expect(server.stats.succeeded).to.equal(2)
    expect(await harness.raw.exists(harness.result('zero', 'u1'))).to.equal(0)
  })

  it('does not run a request that is older than its expiry, and says so', async () => {
    const server = await harness.start()
    const old = new Date(Date.now() - 121_000).toISOString()
    for (const ts of [old, old.slice(0, -1), '2016-11-01T12:00:00.123456']) {
      const { err } = JSON.parse(await harness.ask('wait', `{"id":"u1","ts":"${ts}","kw":{"name":"w"}}`, 'u1'))
      expect(err).to.equal(`RequestExpiredError: not run: the request is older than 120000 ms (${ts})`)
    }
    await harness.raw.rpush(harness.calls('wait'), `{"id":"u2","ts":"${old}","no_response":true}`)
    await harness.ask('zero', `{"id":"u3","ts":"${now()}"}`, 'u3')
    expect(harness.gates.size).to.equal(0)
    expect(server.stats.expired).to.equal(4)
    expect(await harness.raw.exists(harness.result('wait', 'u2'))).to.equal(0)
  })

  it('runs requests of any age where it is told to', async () => {
    await harness.start({ requestExpireMs: 0 })
    expect(withoutTs(await harness.ask('zero', '{"id":"u1","ts":"2016-11-01T12:00:00Z"}', 'u1'))).to.equal(
      '{"ts":…,"res":0}',
    )
  })

  it('goes on after messages that are no requests, and answers where there is an id', async () => {
    const server = await harness.start({ maxMessageBytes: 4_096 })
    const junk = [
      '',
      'pickle\u0080',
      'null',
      '[1]',
      '"x"',
      '{}',
      '{"id":null}',
      '{"id":[1]}',
      '{"kw":{"value":1}}',
      '{"id":"u1"',
    ]
    const answered = [
      ['{"id":"u1","kw":[1]}', /^ProtocolError: kw is not a JSON object$/],
      ['{"id":"u1","kw":"x"}', /^ProtocolError: kw is not a JSON object$/],
      ['{"id":"u1","kw":{"__proto__":{"polluted":1}}}', /^ProtocolError: .*__proto__/],
      ['{"id": "u1", "ts": "…", "kw": {"value": NaN}}', /^ProtocolError: .*not JSON/],
      [`{"id": "u1", "kw": {"value": "${'x'.repeat(5_000)}"}}`, /^MessageTooLargeError: /],
      [`{"id":"u1","kw":{"value":${'['.repeat(1_500)}${']'.repeat(1_500)}}}`, /^MessageTooLargeError: /],
    ] as const
    await harness.raw.rpush(harness.calls('echo'), ...junk)
    for (const [text, err] of answered) {
      const result = JSON.parse(await harness.ask('echo', text, 'u1'))
      expect(result.err, text.slice(0, 60)).to.match(err)
      expect(result).to.have.all.keys('ts', 'err')
    }
    expect(withoutTs(await harness.ask('echo', '{"id":5,"kw":{"value":1}}', '5'))).to.equal('{"ts":…,"res":1}')
    expect(server.stats).to.deep.include({ junk: junk.length + answered.length, succeeded: 1, failed: 0 })
    expect(harness.errors).to.have.length(junk.length + answered.length)
    expect(({} as { polluted?: unknown }).polluted).to.equal(undefined)
    expect(await harness.raw.keys(`${harness.prefix}:echo:result:*`)).to.deep.equal([])
  })

  it('goes on when onError throws', async () => {
    await harness.start({
      onError: () => {
        throw new Error('the hook is broken')
      },
    })
    const warned = once(process, 'warning')
    await harness.raw.rpush(harness.calls('echo'), 'junk')
    expect(((await warned)[0] as Error).message).to.include('the hook is broken')
    expect(withoutTs(await harness.ask('zero', '{"id":"u1"}', 'u1'))).to.equal('{"ts":…,"res":0}')
  })

  it('serves functions whatever their names', async () => {
    const names = ['a:b', 'a b', 'ä☃', '__proto__', 'constructor', 'then', '*', '{x}']
    const functions = Object.fromEntries(names.map((name) => [name, () => name]))
    Object.defineProperty(functions, '__proto__', { value: () => '__proto__', enumerable: true })
    const server = new FunctionServer(harness.url, functions, { prefix: harness.prefix, onError: harness.onError })
    harness.use(server)
    await server.start()
    for (const name of names) {
      expect(JSON.parse(await harness.ask(name, '{"id":"u1","kw":{}}', 'u1')).res, name).to.equal(name)
    }
  })
}
