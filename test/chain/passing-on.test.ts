import { expect } from 'chai'
import { control, type Middleware } from 'redis-object-rpc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { CountingClock } from '../helpers/counting-clock.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { rejection } from '../helpers/pair.ts'
import { collectUnhandled } from '../helpers/unhandled.ts'
import { until } from '../helpers/until.ts'
import { Ends } from './shop.ts'

describeOnEachRedis('middleware that passes a call on', (redis) => {
  const ends = new Ends(redis)
  const passing: Middleware = ({ next }) => next()
  const waiting: Middleware = async ({ next }) => await next()

  it('hides no error of a call that nobody awaits', async () => {
    for (const use of [[], [passing], [passing, passing], [waiting], [passing, waiting]]) {
      const client = await ends.start(use, use)
      await collectUnhandled(async (unhandled) => {
        void client.fail()
        await until(() => unhandled.length === 1)
        expect(unhandled[0]).to.include({ name: 'RangeError', message: 'sold out' })
      })
      await ends.close()
    }
    await ends.start([])
  })

  it('leaves no timer of a call whose client it closes', async () => {
    for (const holds of [true, false]) {
      const clock = new CountingClock()
      let closing: Promise<void> | undefined
      const closes: Middleware = ({ next }) => {
        closing = control(client).close()
        return holds ? new Promise(() => {}) : next()
      }
      const client = await ends.start([closes], [], { client: { clock } })
      expect(await rejection(client.add(1, 2))).to.include({ code: 'ERR_CLOSED' })
      await closing
      expect(clock.pendingFrom).to.deep.equal([])
      await ends.close()
    }
    await ends.start([])
  })

  it('repeats no call after its deadline', async () => {
    let again: (() => Promise<unknown>) | undefined
    const keeps: Middleware = (step) => {
      again = step.again
      return step.next()
    }
    const clock = new ManualClock(Date.now())
    const client = await ends.start([keeps], [], { client: { clock } })
    const late = rejection(control(client).with({ timeoutMs: 1_000 }).hang())
    await until(() => ends.shop.hung === 1)
    clock.advance(1_000)
    expect(await late).to.include({ code: 'ERR_TIMEOUT' })
    expect(await rejection(again!())).to.include({ code: 'ERR_TIMEOUT', timeoutMs: 1_000 })
    expect(ends.shop.hung).to.equal(1)
    await ends.releaseLate()
  })
})
