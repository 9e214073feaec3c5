import { expect } from 'chai'
import { control, ProtocolError } from 'redis-object-rpc'
import { rejection } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'
import { type Ends, OLD_SECRET, OTHER_SECRET, SECRET } from './ends.ts'

/** Secrets that are exchanged, and ends that have not the same. */
export function signedSecretsSuite(ends: Ends): void {
  describe('while secrets are exchanged', () => {
    const exchanges: [what: string, server: string | string[], client: string | string[]][] = [
      ['both know the new one and still sign with the old one', [OLD_SECRET, SECRET], [OLD_SECRET, SECRET]],
      ['the server signs with the new one first', [SECRET, OLD_SECRET], [OLD_SECRET, SECRET]],
      ['the client signs with the new one first', [OLD_SECRET, SECRET], [SECRET, OLD_SECRET]],
      ['only the client still knows the old one', SECRET, [SECRET, OLD_SECRET]],
    ]
    for (const [what, server, client] of exchanges) {
      it(`are accepted when ${what}`, async () => {
        await ends.serve({ secret: server })
        const proxy = ends.connect({ secret: client })
        expect(await proxy.add(2, 3)).to.equal(5)
        expect(await proxy.each([1], (value) => value + 1)).to.deep.equal([2])
        expect(ends.errors).to.deep.equal([])
      })
    }
  })

  describe('of ends whose secrets differ', () => {
    for (const [what, secret] of [
      ['another secret', { secret: OTHER_SECRET }],
      ['none', {}],
    ] as const) {
      it(`are not run; the server reports a client that has ${what}`, async () => {
        const { client, call, text, inbox } = await ends.capture((proxy) => proxy.add(1), {}, secret)
        // Once it is closed, all that the server gets of it is the call: it asks nothing of its own.
        const ended = rejection(call)
        await control(client).close()
        expect(await ended).to.have.property('code', 'ERR_CLOSED')
        const server = await ends.serve()
        await ends.raw.rpush(ends.name, text)
        await until(() => server.stats.junk === 1)
        expect(await ends.raw.exists(inbox), 'an answer').to.equal(0)
        const told = ends.errors.filter((error) => error instanceof ProtocolError)
        expect(told).to.have.length(1)
        expect(told[0]?.message).to.match(what === 'none' ? /not signed/ : /wrong signature/)
        expect(ends.account.runs).to.deep.equal([])
      })
    }

    it('leave nothing behind, and are reported at a bounded rate', async () => {
      const server = await ends.serve()
      const junk = Array.from({ length: 3_000 }, (_, n) =>
        n % 2 === 0 ? `{"function_call":{"name":"add"},"response_queue":"${ends.name}:rpc:${n}","id":${n}}` : `${n}`,
      )
      await ends.raw.rpush(ends.name, ...junk)
      await until(() => server.stats.junk === 3_000)
      expect(ends.errors.length).to.be.lessThan(10)
      expect(server.stats).to.deep.include({ succeeded: 0, failed: 0, expired: 0, running: 0, lent: 0, borrowed: 0 })
      expect(await ends.raw.keys(`${ends.name}:rpc:*`)).to.deep.equal([])
      expect(await ends.raw.llen(ends.name)).to.equal(0)
    })
  })
}
