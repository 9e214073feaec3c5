import { once } from 'node:events'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  control,
  ProtocolError,
  pipe,
  RedisRPC,
  RedisRPCClient,
  type RedisRPCClientOptions,
  RedisRPCServer,
  type RedisRPCServerOptions,
  type Remote,
  ref,
  type SecretOption,
} from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { connectionName } from '../../lib/link/connection-name.ts'
import { type Deferred, deferred } from '../../lib/util/deferred.ts'
import { onceRecord } from '../../lib/wire/keys.ts'
import { checkSecret, Signer } from '../../lib/wire/signature.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { expectNothingLent, rejection } from '../helpers/pair.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

const SECRET = 'correct horse battery staple'
const OLD_SECRET = 'the one that was used before'
const OTHER_SECRET = 'what somebody else has chosen'

class Counter {
  step(by: number): number {
    return by + 1
  }
}

class Account {
  theme = 'light'
  readonly runs: unknown[] = []
  gate: Deferred<void> = deferred()
  aborted: Deferred<void> = deferred()

  add(...numbers: number[]): number {
    this.runs.push(numbers)
    return numbers.reduce((sum, each) => sum + each, 0)
  }
  fail(): never {
    throw new RangeError('no such account')
  }
  async wait(): Promise<string> {
    await this.gate.promise
    return 'waited'
  }
  async each(values: number[], callback: (value: number) => unknown): Promise<unknown[]> {
    const results: unknown[] = []
    for (const value of values) results.push(await callback(value))
    return results
  }
  async until(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await once(signal, 'abort')
  }
  async hold(): Promise<void> {
    const signal = callContext()?.signal
    if (signal?.aborted === false) await once(signal, 'abort')
    this.aborted.resolve()
  }
  async *count(to: number): AsyncGenerator<number> {
    for (let n = 1; n <= to; n++) yield n
  }
  async sum(values: AsyncIterable<number>): Promise<number> {
    let sum = 0
    for await (const value of values) sum += value
    return sum
  }
  counter(): Counter {
    return ref(new Counter())
  }
}

/** Who has no secret can neither call, nor answer, nor change what others say. */
export function signedSuite(redis: () => RunningRedis): void {
  let raw: Redis
  let name: string
  let account: Account
  let errors: Error[]
  let open: { readonly stats?: object; close(): Promise<void> }[]
  const onError = (error: Error) => void errors.push(error)

  before(() => {
    raw = new Redis(redis().url)
  })
  after(() => raw.disconnect())
  beforeEach(() => {
    name = freshName('signed')
    account = new Account()
    errors = []
    open = []
  })
  afterEach(async () => {
    account.gate.resolve()
    for (const each of open.reverse()) await each.close()
    expectNothingLent(open)
    await raw.del(name)
  })

  const serve = async (options: RedisRPCServerOptions = {}, url = redis().url): Promise<RedisRPCServer> => {
    const server = new RedisRPCServer<object>(url, name, account, { secret: SECRET, onError, ...options })
    open.push(server)
    await server.start()
    return server
  }
  const connect = (
    options: RedisRPCClientOptions = {},
    url = redis().url,
    secret: SecretOption = { secret: SECRET },
  ): Remote<Account> => {
    const client = new RedisRPCClient<Account>(url, name, { ...secret, onError, ...options })
    open.push(control(client))
    return client
  }
  const sign = (list: string, text: string, secret = SECRET): string => {
    const [key] = checkSecret({ secret })
    return new Signer([key!]).sign(list, text)
  }
  /** What a client sends to a service that nobody serves yet, and the call that waits for it. */
  const capture = async (
    begin: (client: Remote<Account>) => Promise<unknown>,
    options: RedisRPCClientOptions = {},
    secret?: SecretOption,
  ) => {
    const client = connect({ noServerTimeoutMs: Number.POSITIVE_INFINITY, ...options }, redis().url, secret)
    const call = begin(client)
    await until(() => raw.llen(name))
    const text = (await raw.lpop(name)) as string
    return { client, call, text, inbox: JSON.parse(text).response_queue as string }
  }

  describe('of both ends', () => {
    beforeEach(() => serve())
    afterEach(() => expect(errors).to.deep.equal([]))

    it('carry calls, failures and properties', async () => {
      const client = connect()
      expect(await client.add(1, 2)).to.equal(3)
      expect(await rejection(client.fail()))
        .to.be.instanceOf(RangeError)
        .with.property('message', 'no such account')
      expect(await client.add(...Array.from({ length: 1000 }, () => 1))).to.equal(1000)
      expect(await control(client).ping()).to.be.a('number')
      expect(await pipe(client, (c) => c.add(c.add(1, 2), 3))).to.equal(6)
    })

    it('carry notifications', async () => {
      await control(connect()).notify.add(4)
      await until(() => account.runs.length === 1)
    })

    it('carry callbacks, signals and what is lent', async () => {
      const client = connect()
      expect(await client.each([1, 2], (value) => value * 2)).to.deep.equal([2, 4])
      const stop = new AbortController()
      const call = client.until(stop.signal)
      stop.abort()
      await call
      const counter = await client.counter()
      expect(await counter.step(1)).to.equal(2)
    })

    it('carry streams both ways', async () => {
      const client = connect()
      const seen: number[] = []
      for await (const n of client.count(1_000)) seen.push(n)
      expect(seen).to.have.length(1_000)
      expect(await client.sum(new Account().count(1_000))).to.equal(500_500)
    })

    it('carry what is said between servers, and to each of them', async () => {
      const other = await serve()
      const client = connect()
      const ids = (await control(client).servers()).map(({ id }) => id)
      expect(ids).to.have.length(2).that.includes(other.id)
      const values: unknown[] = []
      for await (const { value } of control(client).all().add(1)) values.push(value)
      expect(values).to.deep.equal([1, 1])
    })

    it('carry cancels', async () => {
      const client = connect()
      const server = open[0] as RedisRPCServer
      const stop = new AbortController()
      const call = rejection(control(client).with({ signal: stop.signal }).hold())
      await until(() => server.stats.running === 1)
      stop.abort()
      expect(await call).to.have.property('name', 'AbortError')
      await account.aborted.promise
    })

    it('carry the calls of ends that share their connections', async () => {
      const rpc = new RedisRPC(redis().url, { onError })
      open.push(rpc)
      const service = freshName('shared')
      await rpc.serve(service, { twice: (value: number) => value * 2 }, { secret: SECRET })
      const signed = rpc.client<{ twice(value: number): number }>(service, { secret: SECRET })
      expect(await signed.twice(4)).to.equal(8)
      await rpc.serve(`${service}-open`, { twice: (value: number) => value * 2 })
      expect(await rpc.client<{ twice(value: number): number }>(`${service}-open`).twice(5)).to.equal(10)
    })
  })

  describe('when messages are lost', () => {
    let proxy: TcpProxy
    beforeEach(async () => {
      proxy = await TcpProxy.start(redis().url)
      // A server that starts beside the shared connections of the test before cannot tell that it is alone, and vouches for nothing at first.
      const admin = new Redis(redis().url)
      await until(async () => !String(await admin.client('LIST')).includes(`name=${connectionName('', 'shared')}`))
      admin.disconnect()
    })
    afterEach(() => proxy.close())

    it('are sent again, signed anew', async () => {
      await serve({}, proxy.url)
      const between = await TcpProxy.start(redis().url)
      open.unshift(between)
      const client = connect({}, between.url)
      let cuts = 0
      proxy.toClient = (chunk) => (chunk.includes('"add"') && cuts++ === 0 ? 'cut' : 'pass')
      expect(await client.add(5)).to.equal(5)
      expect(account.runs).to.deep.equal([[5]])
      const sent = [...between.connections].map((connection) => connection.sent).join('')
      // They are also looked for on the list, in the very text that was pushed.
      const requests = new Set(sent.match(/{"function_call":{"name":"add".*?"signature":"[\w-]{22}"}/g))
      const [first, second] = [...requests].map((text) => JSON.parse(text))
      expect(requests).to.have.property('size', 2)
      expect(second.options).to.deep.equal({ attempt: 2 })
      expect(second.signature).to.not.equal(first.signature)
      expect(errors.filter((error) => error instanceof ProtocolError)).to.deep.equal([])
    })

    it('are answered with the reply that was kept', async () => {
      await serve()
      const client = connect({}, proxy.url)
      let cuts = 0
      proxy.toClient = (chunk) => (chunk.includes('return_value') && cuts++ === 0 ? 'cut' : 'pass')
      expect(await client.add(5)).to.equal(5)
      expect(account.runs).to.deep.equal([[5]])
    })

    it('are taken back when their calls are given up', async () => {
      const client = connect({ noServerTimeoutMs: Number.POSITIVE_INFINITY })
      const stop = new AbortController()
      const call = rejection(control(client).with({ signal: stop.signal }).add(1))
      await until(() => raw.llen(name))
      stop.abort()
      await call
      await until(async () => (await raw.llen(name)) === 0)
    })
  })

  describe('of a server', () => {
    it('are refused without a signature, changed, or moved', async () => {
      const { call, text, inbox } = await capture((client) => client.add(1, 2))
      const elsewhere = sign('another service', unsigned(text))
      const forged = [
        text.replace('"add"', '"fail"'),
        text.replace('[1,2]', '[1,3]'),
        text.replace('"id":1', '"id":2'),
        text.replace(/"deadline":\d+/, '"deadline":9999999999999'),
        text.replace(inbox, `${name}:rpc:000000000000`),
        text.replace('{"function_call"', '{ "function_call"'),
        unsigned(text),
        text.replace(/"signature":"./, '"signature":"'),
        text.replace(/.{4}"}$/, '"}'),
        text.replace(/"}$/, '" }'),
        text.replace(/"}$/, '"} '),
        text.replace(/"signature":"(.*)"}/, (_, mac: string) => `"signature":"${flipped(mac)}"}`),
        text.replace(/"signature":"(.*)"}/, (_, mac: string) => `"signature":"${'é'.repeat(mac.length)}"}`),
        `{"function_call":{"name":"add","args":[1]},"response_queue":"${name}:rpc:X7Y2US9A"}`,
        elsewhere,
        sign(name, unsigned(text), OTHER_SECRET),
        ',"signature":"0123456789012345678901"}',
        '{}',
        '',
        'x'.repeat(100_000),
      ]
      await raw.rpush(name, ...forged)
      const server = await serve({ maxMessageBytes: 50_000 })
      await until(() => server.stats.junk === forged.length)
      expect(account.runs).to.deep.equal([])
      expect(await raw.keys(`*${name}*rpc:[0X]*`)).to.deep.equal([])
      await raw.rpush(name, text)
      expect(await call).to.equal(3)
      expect(account.runs).to.deep.equal([[1, 2]])
    })

    it('may be as large as those that are not signed', async () => {
      const size = 4_000
      const { client, call, text } = await capture((proxy) => proxy.add(1, 2), { maxMessageBytes: size })
      const server = await serve({ maxMessageBytes: size })
      await raw.rpush(name, text)
      await call
      const room = size - unsigned(text).length
      const ones = Array.from({ length: Math.floor(room / 2) }, () => 1)
      const first = room % 2 === 0 ? 1 : 10
      expect(await client.add(first, 2, ...ones)).to.equal(first + 2 + ones.length)
      expect(await rejection(client.add(first + 90, 2, ...ones))).to.have.property('code', 'ERR_MESSAGE_TOO_LARGE')
      expect(server.stats.junk).to.equal(0)
    })

    it('are no requests of another service, even of one whose name begins alike', async () => {
      const server = await serve()
      const text = `{"function_call":{"name":"add","args":[1]},"options":{"notify":true}}`
      await raw.rpush(name, sign(`${name}2`, text), sign(`${name}:rpc:123456789012`, text), sign(name, text))
      await until(() => account.runs.length === 1)
      expect(server.stats.junk).to.equal(2)
    })

    it('run once, however often they are pushed', async () => {
      const { client, call, text } = await capture((proxy) => proxy.add(1, 2))
      const server = await serve()
      await raw.rpush(name, text, text)
      expect(await call).to.equal(3)
      expect(await client.add(4)).to.equal(4)
      await raw.rpush(name, text)
      await until(() => server.stats.junk === 2)
      expect(account.runs).to.deep.equal([[1, 2], [4]])
    })

    it('have kept results that nobody else can have kept', async () => {
      const server = await serve()
      const client = connect()
      const keyed = (idempotencyKey: string) => control(client).with({ idempotencyKey })
      expect(await keyed('one').add(1, 2)).to.equal(3)
      expect(await keyed('one').add(1, 2)).to.equal(3)
      const [record] = (await raw.keys(`{${name}}:once:*`)) as [string]
      const kept = (await raw.hget(record, 'reply')) as string
      expect(kept).to.match(/^"return_value":3,"signature":"[\w-]{22}"}$/)
      const of = (await raw.hget(record, 'of')) as string
      const elsewhere = onceRecord(name, 'two')
      for (const forged of ['"return_value":4}', kept.replace('3', '4'), sign(record, '"return_value":4}')]) {
        await raw.hset(record, 'reply', forged)
        expect(await rejection(keyed('one').add(1, 2))).to.be.instanceOf(ProtocolError)
      }
      await raw.hset(elsewhere, { of, by: `${server.id}.1`, reply: kept })
      expect(await rejection(keyed('two').add(1, 2))).to.be.instanceOf(ProtocolError)
      await raw.hset(record, 'reply', kept)
      expect(await keyed('one').add(1, 2)).to.equal(3)
      expect(account.runs).to.deep.equal([[1, 2]])
      await raw.del(record, elsewhere)
    })

    it('are needed on its own list, too', async () => {
      const server = await serve()
      const own = `{${name}}:server:${server.id}`
      const inbox = `${name}:rpc:123456789012`
      const info = `{"function_call":{"name":"rpc.info","args":[]},"response_queue":"${inbox}","id":1}`
      await raw.rpush(own, info, '{"id":1,"return_value":null}')
      await until(() => server.stats.junk === 2)
      await raw.rpush(own, sign(own, info))
      await until(() => raw.llen(inbox))
      const reply = (await raw.lpop(inbox)) as string
      expect(sign(inbox, unsigned(reply))).to.equal(reply)
      await raw.del(inbox)
    })

    it('that are too large are not even verified', async () => {
      const server = await serve({ maxMessageBytes: 200 })
      const text = `{"function_call":{"name":"add","args":["${'x'.repeat(200)}"]},"response_queue":"${name}:rpc:123456789012","id":1}`
      await raw.rpush(name, sign(name, text))
      await until(() => server.stats.junk === 1)
      expect(errors[0]).to.have.property('code', 'ERR_MESSAGE_TOO_LARGE')
    })
  })

  describe('of a client', () => {
    it('are no replies without the right signature', async () => {
      const { client, call, text, inbox } = await capture((proxy) => proxy.wait())
      await serve()
      const forged = '{"id":1,"return_value":"forged"}'
      const junk = [
        forged,
        '{"return_value":"forged"}',
        '{"id":1,"exception":"Error: forged"}',
        sign(name, forged),
        sign(inbox, forged, OTHER_SECRET),
        sign(inbox, forged).replace('forged', 'forgot'),
        sign(inbox, forged).slice(0, -3),
        `{"id":1,"return_value":"${'x'.repeat(100)}"}`,
        '{"function_call":{"on":1,"name":"","args":[]},"options":{"notify":true}}',
      ]
      await raw.rpush(inbox, ...junk)
      await until(() => control(client).stats.junk === junk.length)
      expect(control(client).stats).to.include({ pending: 1, late: 0 })
      await raw.rpush(name, text)
      account.gate.resolve()
      expect(await call).to.equal('waited')
    })
  })

  describe('while secrets are exchanged', () => {
    const ends: [what: string, server: string | string[], client: string | string[]][] = [
      ['both know the new one and still sign with the old one', [OLD_SECRET, SECRET], [OLD_SECRET, SECRET]],
      ['the server signs with the new one first', [SECRET, OLD_SECRET], [OLD_SECRET, SECRET]],
      ['the client signs with the new one first', [OLD_SECRET, SECRET], [SECRET, OLD_SECRET]],
      ['only the client still knows the old one', SECRET, [SECRET, OLD_SECRET]],
    ]
    for (const [what, server, client] of ends) {
      it(`are accepted when ${what}`, async () => {
        await serve({ secret: server })
        const proxy = connect({ secret: client })
        expect(await proxy.add(2, 3)).to.equal(5)
        expect(await proxy.each([1], (value) => value + 1)).to.deep.equal([2])
        expect(errors).to.deep.equal([])
      })
    }
  })

  describe('of ends whose secrets differ', () => {
    for (const [what, secret] of [
      ['another secret', { secret: OTHER_SECRET }],
      ['none', {}],
    ] as const) {
      it(`are not run; the server reports a client that has ${what}`, async () => {
        const { client, call, text, inbox } = await capture((proxy) => proxy.add(1), {}, secret)
        // Once it is closed, all that the server gets of it is the call: it asks nothing of its own.
        const ended = rejection(call)
        await control(client).close()
        expect(await ended).to.have.property('code', 'ERR_CLOSED')
        const server = await serve()
        await raw.rpush(name, text)
        await until(() => server.stats.junk === 1)
        expect(await raw.exists(inbox), 'an answer').to.equal(0)
        const told = errors.filter((error) => error instanceof ProtocolError)
        expect(told).to.have.length(1)
        expect(told[0]?.message).to.match(what === 'none' ? /not signed/ : /wrong signature/)
        expect(account.runs).to.deep.equal([])
      })
    }

    it('leave nothing behind, and are reported at a bounded rate', async () => {
      const server = await serve()
      const junk = Array.from({ length: 3_000 }, (_, n) =>
        n % 2 === 0 ? `{"function_call":{"name":"add"},"response_queue":"${name}:rpc:${n}","id":${n}}` : `${n}`,
      )
      await raw.rpush(name, ...junk)
      await until(() => server.stats.junk === 3_000)
      expect(errors.length).to.be.lessThan(10)
      expect(server.stats).to.deep.include({ succeeded: 0, failed: 0, expired: 0, running: 0, lent: 0, borrowed: 0 })
      expect(await raw.keys(`${name}:rpc:*`)).to.deep.equal([])
      expect(await raw.llen(name)).to.equal(0)
    })
  })
}

function unsigned(text: string): string {
  return text.replace(/,"signature":"[\w-]{22}"}$/, '}')
}

/** The same signature with one bit changed. */
function flipped(mac: string): string {
  return (mac[0] === 'A' ? 'B' : 'A') + mac.slice(1)
}
