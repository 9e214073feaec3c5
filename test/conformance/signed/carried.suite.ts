import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, ProtocolError, pipe, RedisRPC, type RedisRPCServer } from 'redis-object-rpc'
import { connectionName } from '../../../lib/link/connection-name.ts'
import { freshName } from '../../helpers/names.ts'
import { rejection } from '../../helpers/pair.ts'
import { TcpProxy } from '../../helpers/tcp-proxy.ts'
import { until } from '../../helpers/until.ts'
import { Account, type Ends, SECRET } from './ends.ts'

/** What both ends sign, and carry like anything else. */
export function signedCarriedSuite(ends: Ends): void {
  describe('of both ends', () => {
    beforeEach(() => ends.serve())
    afterEach(() => expect(ends.errors).to.deep.equal([]))

    it('carry calls, failures and properties', async () => {
      const client = ends.connect()
      expect(await client.add(1, 2)).to.equal(3)
      expect(await rejection(client.fail()))
        .to.be.instanceOf(RangeError)
        .with.property('message', 'no such account')
      expect(await client.add(...Array.from({ length: 1000 }, () => 1))).to.equal(1000)
      expect(await control(client).ping()).to.be.a('number')
      expect(await pipe(client, (c) => c.add(c.add(1, 2), 3))).to.equal(6)
    })

    it('carry notifications', async () => {
      await control(ends.connect()).notify.add(4)
      await until(() => ends.account.runs.length === 1)
    })

    it('carry callbacks, signals and what is lent', async () => {
      const client = ends.connect()
      expect(await client.each([1, 2], (value) => value * 2)).to.deep.equal([2, 4])
      const stop = new AbortController()
      const call = client.until(stop.signal)
      stop.abort()
      await call
      const counter = await client.counter()
      expect(await counter.step(1)).to.equal(2)
    })

    it('carry streams both ways', async () => {
      const client = ends.connect()
      const seen: number[] = []
      for await (const n of client.count(1_000)) seen.push(n)
      expect(seen).to.have.length(1_000)
      expect(await client.sum(new Account().count(1_000))).to.equal(500_500)
    })

    it('carry what is said between servers, and to each of them', async () => {
      const other = await ends.serve()
      const client = ends.connect()
      const ids = (await control(client).servers()).map(({ id }) => id)
      expect(ids).to.have.length(2).that.includes(other.id)
      const values: unknown[] = []
      for await (const { value } of control(client).all().add(1)) values.push(value)
      expect(values).to.deep.equal([1, 1])
    })

    it('carry cancels', async () => {
      const client = ends.connect()
      const server = ends.open[0] as RedisRPCServer
      const stop = new AbortController()
      const call = rejection(control(client).with({ signal: stop.signal }).hold())
      await until(() => server.stats.running === 1)
      stop.abort()
      expect(await call).to.have.property('name', 'AbortError')
      await ends.account.aborted.promise
    })

    it('carry the calls of ends that share their connections', async () => {
      const rpc = new RedisRPC(ends.redis().url, { onError: ends.onError })
      ends.open.push(rpc)
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
      proxy = await TcpProxy.start(ends.redis().url)
      // A server that starts beside the shared connections of the test before cannot tell that it is alone, and vouches for nothing at first.
      const admin = new Redis(ends.redis().url)
      await until(async () => !String(await admin.client('LIST')).includes(`name=${connectionName('', 'shared')}`))
      admin.disconnect()
    })
    afterEach(() => proxy.close())

    it('are sent again, signed anew', async () => {
      await ends.serve({}, proxy.url)
      const between = await TcpProxy.start(ends.redis().url)
      ends.open.unshift(between)
      const client = ends.connect({}, between.url)
      let cuts = 0
      proxy.toClient = (chunk) => (chunk.includes('"add"') && cuts++ === 0 ? 'cut' : 'pass')
      expect(await client.add(5)).to.equal(5)
      expect(ends.account.runs).to.deep.equal([[5]])
      const sent = [...between.connections].map((connection) => connection.sent).join('')
      // They are also looked for on the list, in the very text that was pushed.
      const requests = new Set(sent.match(/{"function_call":{"name":"add".*?"signature":"[\w-]{22}"}/g))
      const [first, second] = [...requests].map((text) => JSON.parse(text))
      expect(requests).to.have.property('size', 2)
      expect(second.options).to.deep.equal({ attempt: 2 })
      expect(second.signature).to.not.equal(first.signature)
      expect(ends.errors.filter((error) => error instanceof ProtocolError)).to.deep.equal([])
    })

    it('are answered with the reply that was kept', async () => {
      await ends.serve()
      const client = ends.connect({}, proxy.url)
      let cuts = 0
      proxy.toClient = (chunk) => (chunk.includes('return_value') && cuts++ === 0 ? 'cut' : 'pass')
      expect(await client.add(5)).to.equal(5)
      expect(ends.account.runs).to.deep.equal([[5]])
    })

    it('are taken back when their calls are given up', async () => {
      const client = ends.connect({ noServerTimeoutMs: Number.POSITIVE_INFINITY })
      const stop = new AbortController()
      const call = rejection(control(client).with({ signal: stop.signal }).add(1))
      await until(() => ends.raw.llen(ends.name))
      stop.abort()
      await call
      await until(async () => (await ends.raw.llen(ends.name)) === 0)
    })
  })
}
