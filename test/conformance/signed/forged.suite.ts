import { expect } from 'chai'
import { control, ProtocolError } from 'redis-object-rpc'
import { onceRecord } from '../../../lib/wire/keys.ts'
import { rejection } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'
import { type Ends, OTHER_SECRET, sign, unsigned } from './ends.ts'

/** What is not signed, was changed, or belongs elsewhere is refused. */
export function signedForgedSuite(ends: Ends): void {
  describe('of a server', () => {
    it('are refused without a signature, changed, or moved', async () => {
      const { call, text, inbox } = await ends.capture((client) => client.add(1, 2))
      const elsewhere = sign('another service', unsigned(text))
      const forged = [
        text.replace('"add"', '"fail"'),
        text.replace('[1,2]', '[1,3]'),
        text.replace('"id":1', '"id":2'),
        text.replace(/"deadline":\d+/, '"deadline":9999999999999'),
        text.replace(inbox, `${ends.name}:rpc:000000000000`),
        text.replace('{"function_call"', '{ "function_call"'),
        unsigned(text),
        text.replace(/"signature":"./, '"signature":"'),
        text.replace(/.{4}"}$/, '"}'),
        text.replace(/"}$/, '" }'),
        text.replace(/"}$/, '"} '),
        text.replace(/"signature":"(.*)"}/, (_, mac: string) => `"signature":"${flipped(mac)}"}`),
        text.replace(/"signature":"(.*)"}/, (_, mac: string) => `"signature":"${'é'.repeat(mac.length)}"}`),
        `{"function_call":{"name":"add","args":[1]},"response_queue":"${ends.name}:rpc:X7Y2US9A"}`,
        elsewhere,
        sign(ends.name, unsigned(text), OTHER_SECRET),
        ',"signature":"0123456789012345678901"}',
        '{}',
        '',
        'x'.repeat(100_000),
      ]
      await ends.raw.rpush(ends.name, ...forged)
      const server = await ends.serve({ maxMessageBytes: 50_000 })
      await until(() => server.stats.junk === forged.length)
      expect(ends.account.runs).to.deep.equal([])
      expect(await ends.raw.keys(`*${ends.name}*rpc:[0X]*`)).to.deep.equal([])
      await ends.raw.rpush(ends.name, text)
      expect(await call).to.equal(3)
      expect(ends.account.runs).to.deep.equal([[1, 2]])
    })

    it('may be as large as those that are not signed', async () => {
      const size = 4_000
      const { client, call, text } = await ends.capture((proxy) => proxy.add(1, 2), { maxMessageBytes: size })
      const server = await ends.serve({ maxMessageBytes: size })
      await ends.raw.rpush(ends.name, text)
      await call
      const room = size - unsigned(text).length
      const ones = Array.from({ length: Math.floor(room / 2) }, () => 1)
      const first = room % 2 === 0 ? 1 : 10
      expect(await client.add(first, 2, ...ones)).to.equal(first + 2 + ones.length)
      expect(await rejection(client.add(first + 90, 2, ...ones))).to.have.property('code', 'ERR_MESSAGE_TOO_LARGE')
      expect(server.stats.junk).to.equal(0)
    })

    it('are no requests of another service, even of one whose name begins alike', async () => {
      const server = await ends.serve()
      const text = `{"function_call":{"name":"add","args":[1]},"options":{"notify":true}}`
      await ends.raw.rpush(
        ends.name,
        sign(`${ends.name}2`, text),
        sign(`${ends.name}:rpc:123456789012`, text),
        sign(ends.name, text),
      )
      await until(() => ends.account.runs.length === 1)
      expect(server.stats.junk).to.equal(2)
    })

    it('run once, however often they are pushed', async () => {
      const { client, call, text } = await ends.capture((proxy) => proxy.add(1, 2))
      const server = await ends.serve()
      await ends.raw.rpush(ends.name, text, text)
      expect(await call).to.equal(3)
      expect(await client.add(4)).to.equal(4)
      await ends.raw.rpush(ends.name, text)
      await until(() => server.stats.junk === 2)
      expect(ends.account.runs).to.deep.equal([[1, 2], [4]])
    })

    it('have kept results that nobody else can have kept', async () => {
      const server = await ends.serve()
      const client = ends.connect()
      const keyed = (idempotencyKey: string) => control(client).with({ idempotencyKey })
      expect(await keyed('one').add(1, 2)).to.equal(3)
      expect(await keyed('one').add(1, 2)).to.equal(3)
      const [record] = (await ends.raw.keys(`{${ends.name}}:once:*`)) as [string]
      const kept = (await ends.raw.hget(record, 'reply')) as string
      expect(kept).to.match(/^"return_value":3,"signature":"[\w-]{22}"}$/)
      const of = (await ends.raw.hget(record, 'of')) as string
      const elsewhere = onceRecord(ends.name, 'two')
      for (const forged of ['"return_value":4}', kept.replace('3', '4'), sign(record, '"return_value":4}')]) {
        await ends.raw.hset(record, 'reply', forged)
        expect(await rejection(keyed('one').add(1, 2))).to.be.instanceOf(ProtocolError)
      }
      await ends.raw.hset(elsewhere, { of, by: `${server.id}.1`, reply: kept })
      expect(await rejection(keyed('two').add(1, 2))).to.be.instanceOf(ProtocolError)
      await ends.raw.hset(record, 'reply', kept)
      expect(await keyed('one').add(1, 2)).to.equal(3)
      expect(ends.account.runs).to.deep.equal([[1, 2]])
      await ends.raw.del(record, elsewhere)
    })

    it('are needed on its own list, too', async () => {
      const server = await ends.serve()
      const own = `{${ends.name}}:server:${server.id}`
      const inbox = `${ends.name}:rpc:123456789012`
      const info = `{"function_call":{"name":"rpc.info","args":[]},"response_queue":"${inbox}","id":1}`
      await ends.raw.rpush(own, info, '{"id":1,"return_value":null}')
      await until(() => server.stats.junk === 2)
      await ends.raw.rpush(own, sign(own, info))
      await until(() => ends.raw.llen(inbox))
      const reply = (await ends.raw.lpop(inbox)) as string
      expect(sign(inbox, unsigned(reply))).to.equal(reply)
      await ends.raw.del(inbox)
    })

    it('that are too large are not even verified', async () => {
      const server = await ends.serve({ maxMessageBytes: 200 })
      const text = `{"function_call":{"name":"add","args":["${'x'.repeat(200)}"]},"response_queue":"${ends.name}:rpc:123456789012","id":1}`
      await ends.raw.rpush(ends.name, sign(ends.name, text))
      await until(() => server.stats.junk === 1)
      expect(ends.errors[0]).to.have.property('code', 'ERR_MESSAGE_TOO_LARGE')
    })
  })

  describe('of a client', () => {
    it('are no replies without the right signature', async () => {
      const { client, call, text, inbox } = await ends.capture((proxy) => proxy.wait())
      await ends.serve()
      const forged = '{"id":1,"return_value":"forged"}'
      const junk = [
        forged,
        '{"return_value":"forged"}',
        '{"id":1,"exception":"Error: forged"}',
        sign(ends.name, forged),
        sign(inbox, forged, OTHER_SECRET),
        sign(inbox, forged).replace('forged', 'forgot'),
        sign(inbox, forged).slice(0, -3),
        `{"id":1,"return_value":"${'x'.repeat(100)}"}`,
        '{"function_call":{"on":1,"name":"","args":[]},"options":{"notify":true}}',
      ]
      await ends.raw.rpush(inbox, ...junk)
      await until(() => control(client).stats.junk === junk.length)
      expect(control(client).stats).to.include({ pending: 1, late: 0 })
      await ends.raw.rpush(ends.name, text)
      ends.account.gate.resolve()
      expect(await call).to.equal('waited')
    })
  })
}

/** The same signature with one bit changed. */
function flipped(mac: string): string {
  return (mac[0] === 'A' ? 'B' : 'A') + mac.slice(1)
}
