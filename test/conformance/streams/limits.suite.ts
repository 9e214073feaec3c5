import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, ProtocolError, ReferenceLimitError } from 'redis-object-rpc'
import { rejection } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'
import { type Ends, readAll, upTo } from './feed.ts'

/** What an end takes from another that asks or sends too much. */
export function streamLimitsSuite(ends: Ends): void {
  const { redis } = ends
  it('is bounded in number at both ends, and what there is goes on', async () => {
    const limited = ends.connect({ maxStreams: 2 })
    const kept = [await limited.rows(3), await limited.rows(3)] as const
    const refused = (await rejection(limited.rows(3))) as ReferenceLimitError
    expect(refused).to.be.an.instanceOf(ReferenceLimitError)
    expect([refused.limit, refused.maximum]).to.deep.equal(['maxStreams', 2])
    for (const stream of kept) expect(await readAll(stream)).to.have.length(3)
    const sent = [limited.sum(upTo(10)), limited.sum(upTo(10)), limited.sum(upTo(10))] as const
    expect(await rejection(sent[2])).to.be.an.instanceOf(ReferenceLimitError)
    expect(await Promise.all(sent.slice(0, 2))).to.deep.equal([45, 45])
    await until(() => ends.server.stats.lent === 0 && control(limited).stats.lent === 0)

    await ends.server.close()
    ends.server = await ends.serve({ maxStreams: 1 })
    const first = await ends.client.rows(2)
    expect(await rejection(ends.client.rows(2))).to.have.property('limit', 'maxStreams')
    expect(await readAll(first)).to.have.length(2)
    expect(await readAll(ends.client.rows(2))).to.have.length(2)
  })

  it('is no more than a window ahead of its reader', async () => {
    let made = 0
    async function* endless(): AsyncGenerator<string> {
      for (;;) {
        made++
        yield 'x'.repeat(98)
      }
    }
    await ends.server.close()
    ends.server = await ends.serve({ streamWindowBytes: 10_000 })
    await ends.client.keep(endless())
    const reader = (ends.feed.kept as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    for (let read = 1; read <= 1_000; read++) {
      await reader.next()
      if (read % 50 === 0) await ends.client.ignore(upTo(0))
      expect(made - read).to.be.at.most(101)
    }
    await reader.return?.()
    await control(ends.client).close()
  })

  it('that breaks the rules is ended at both ends', async () => {
    const rows = await ends.client.gated()
    await rows.next()
    const raw = new Redis(redis().url)
    // Another end learns nothing of the stream, and does it no harm.
    const inbox = `${ends.name}:rpc:forgedforged`
    const forge = (on: number, method: string, args: unknown[], id: number): Promise<number> =>
      raw.rpush(
        `{${ends.name}}:server:${ends.server.id}`,
        JSON.stringify({ function_call: { on, name: method, args }, response_queue: inbox, id }),
      )
    await forge(1, 'rpc.next', [0, 1, 1, 0], 1)
    const [, reply = ''] = (await raw.blpop(inbox, 10)) ?? []
    expect(JSON.parse(reply).exception).to.match(/^ReferenceLostError: /)
    ends.feed.gate.resolve()
    expect((await rows.next()).value).to.equal(2)
    await rows.return()
    raw.disconnect()
    await until(() => ends.server.stats.lent === 0)
  })

  it('refuses what is pulled in a way that it cannot be', async () => {
    const raw = new Redis(redis().url)
    const inbox = `${ends.name}:rpc:Forged-Forge`
    const ask = async (list: string, text: object): Promise<Record<string, unknown>> => {
      await raw.rpush(list, JSON.stringify(text))
      const [, reply = ''] = (await raw.blpop(inbox, 10)) ?? []
      return JSON.parse(reply)
    }
    const calls: readonly (readonly unknown[])[] = [
      [1, 0, 1, 1],
      [0, -1, 1, 1],
      [0, 1, 1e9, 1],
      [0, 1, 1, 1e9],
      [0.5, 1, 1, 1],
      ['0', 1, 1, 1],
      [],
      [5, 1, 1, 1],
    ]
    let id = 0
    for (const args of calls) {
      const { return_value } = await ask(ends.name, {
        function_call: { name: 'gated', args: [] },
        response_queue: inbox,
        id: ++id,
      })
      const on = (return_value as { id: number }).id
      const call = { function_call: { on, name: 'rpc.next', args }, response_queue: inbox }
      const { exception } = await ask(`{${ends.name}}:server:${ends.server.id}`, { ...call, id: ++id })
      expect(exception, JSON.stringify(args)).to.match(/^ProtocolError: /)
      const again = await ask(`{${ends.name}}:server:${ends.server.id}`, { ...call, id: ++id })
      expect(again.exception).to.match(/^ReferenceLostError: /)
    }
    raw.disconnect()
    expect(ends.server.stats.lent).to.equal(0)
    expect(ProtocolError.name).to.equal('ProtocolError')
  })

  it('of a producer that ignores what it was asked for fails, and nothing more of it is taken', async () => {
    const raw = new Redis(redis().url)
    const own = `{${ends.name}}:server:Forged-Forge`
    await raw.zadd(`{${ends.name}}:servers`, Date.now() + 60_000, 'Forged-Forge 60000  ')
    const batch = { items: ['x'.repeat(200_000), 'x'.repeat(200_000)] }
    await ends.server.close()
    const reading = rejection(readAll(ends.client.rows(1)))
    const serveRaw = async (): Promise<Record<string, unknown>> => {
      const [, text = '{}'] = (await raw.blpop(ends.name, own, 10)) ?? []
      return JSON.parse(text)
    }
    const requests: string[] = []
    for (let answered = 0; answered < 2; ) {
      const { function_call, response_queue, id } = (await serveRaw()) as {
        function_call: { name: string }
        response_queue: string
        id: number
      }
      requests.push(function_call.name)
      if (function_call.name === 'rows') {
        const handle = { at: own, id: 1, loan: 1, form: 'iterable' }
        const meta = { values: [['custom', 'Stream']], v: 1 }
        await raw.rpush(response_queue, JSON.stringify({ id, return_value: handle, meta }))
      } else if (function_call.name === 'rpc.next') {
        await raw.rpush(response_queue, JSON.stringify({ id, return_value: batch }))
        answered++
      } else if (function_call.name === 'rpc.return') {
        await raw.rpush(response_queue, JSON.stringify({ id, return_value: {} }))
        answered = 2
      }
    }
    expect(await reading).to.be.an.instanceOf(ProtocolError)
    expect(requests).to.include('rpc.return')
    await until(() => control(ends.client).stats.borrowed === 0)
    await raw.del(own, `{${ends.name}}:servers`)
    raw.disconnect()
  })
}
