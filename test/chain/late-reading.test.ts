import { expect } from 'chai'
import { control, type Middleware } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { contextHook } from '../../lib/rpc/serving/call-context.ts'
import { deferred } from '../../lib/util/deferred.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'
import { Ends } from './shop.ts'

function timersOfContexts({ clock }: Ends): string[] {
  return clock.pendingFrom.filter((from) => from.includes('call-context.ts'))
}

describeOnEachRedis('middleware that reads the context of a call late', (redis) => {
  for (const [how, isImported] of Object.entries({ 'with callContext()': true, 'without callContext()': false })) {
    describe(how, () => {
      const { run } = contextHook
      before(() => {
        if (!isImported) contextHook.run = undefined
      })
      after(() => {
        contextHook.run = run
      })
      const ends = new Ends(redis)

      it('gets a signal without a timer once the method has ended', async () => {
        const signals: (AbortSignal | undefined)[] = []
        const late: Middleware = ({ call, next }) => {
          const result = next()
          const look = () => void setImmediate(() => signals.push(call.signal))
          result.then(look, look)
          return result
        }
        const client = await ends.start([], [late])
        await client.add(1, 2)
        await rejection(client.fail())
        expect(await client.theme).to.equal('light')
        await until(() => signals.length === 3)
        expect(timersOfContexts(ends)).to.deep.equal([])
        expect(signals.map((signal) => signal?.aborted)).to.deep.equal([false, false, false])
      })

      it('gets the signal of a stream, which fires when its reader leaves, and not at the deadline', async () => {
        const begun = deferred<AbortSignal | undefined>()
        const wrapping: Middleware = async ({ call, next }) => {
          const rows = (await next()) as AsyncIterable<number>
          return (async function* () {
            begun.resolve(call.signal)
            yield* rows
          })()
        }
        const client = await ends.start([], [wrapping])
        let signal: AbortSignal | undefined
        for await (const row of client.rows(1_000_000)) {
          signal = await begun.promise
          expect(timersOfContexts(ends), 'a timer for the deadline').to.deep.equal([])
          if (row === 2) break
        }
        await until(() => signal?.aborted)
      })
    })
  }
})

describeOnEachRedis('the context of a method', (redis) => {
  const ends = new Ends(redis)

  it('leaves no timer when the method throws at once', async () => {
    const client = await ends.start([])
    let signal: AbortSignal | undefined
    ends.shop.fail = () => {
      signal = callContext()?.signal
      throw new RangeError('sold out')
    }
    expect(await rejection(control(client).with({ timeoutMs: 20_000 }).fail())).to.include({ name: 'RangeError' })
    expect(signal?.aborted).to.equal(false)
    expect(timersOfContexts(ends)).to.deep.equal([])
  })
})
