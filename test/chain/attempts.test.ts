import { expect } from 'chai'
import { Redis } from 'ioredis'
import { control, type Middleware } from 'redis-object-rpc'
import { onceRecord } from '../../lib/wire/keys.ts'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'
import { Ends, recorder } from './shop.ts'

describeOnEachRedis('middleware', (redis) => {
  const ends = new Ends(redis)

  it('refuses a second next(), and runs the method once', async () => {
    const twice: Middleware = async ({ next }) => {
      await next()
      return next()
    }
    const client = await ends.start([twice])
    const error = await rejection(client.add(1, 2))
    expect(error).to.include({ code: 'ERR_MIDDLEWARE' })
    expect((error as Error).message).to.equal(`next() was called a second time for ${ends.pair.name}.add`)
    expect(ends.shop.runs).to.equal(1)
    await ends.close()
    const other = await ends.start([], [twice])
    expect(await rejection(other.add(1, 2))).to.include({ code: 'ERR_MIDDLEWARE' })
    expect(ends.shop.runs).to.equal(2)
  })

  it('ends no process when it does not wait for what fails', async () => {
    const careless: Middleware = ({ next, again }) => {
      void next()
      void next()
      void again()
      return 'done'
    }
    const client = await ends.start([careless], [careless])
    expect(await client.fail()).to.equal('done')
    await until(() => ends.shop.runs === 1)
  })

  it('makes another attempt with again(), which knows its number', async () => {
    const attempts: number[] = []
    const retrying: Middleware = async ({ next, again }) => {
      let result = await next()
      for (let tries = 1; result !== 3 && tries < 5; tries++) result = await again()
      return result
    }
    const client = await ends.start([retrying, recorder(attempts, ({ attempt }) => attempt)])
    expect(await client.attempt()).to.equal(3)
    expect(attempts).to.deep.equal([1, 2, 3])
  })

  it('refuses an again() before next(), and one while an attempt is under way', async () => {
    const early: Middleware = ({ again }) => again()
    const both: Middleware = ({ call, next, again }) => {
      if (call.method !== 'add') return next()
      void next()
      return again()
    }
    const client = await ends.start([early])
    expect(await rejection(client.add(1, 2)))
      .to.have.property('message')
      .that.match(/^again\(\) was called before next\(\)/)
    await ends.close()
    const other = await ends.start([both])
    expect(await rejection(other.add(1, 2)))
      .to.have.property('message')
      .that.match(/^again\(\) was called before the last attempt had settled/)
  })

  it('refuses arguments that are no array', async () => {
    const client = await ends.start([
      ({ call, next }) => {
        ;(call as { args: unknown }).args = 'x'
        return next()
      },
    ])
    expect(await rejection(client.add(1, 2))).to.include({ code: 'ERR_MIDDLEWARE' })
  })

  it('sees a call that the option retry tries again as one', async () => {
    const log: number[] = []
    const client = await ends.start([recorder(log, ({ attempt }) => attempt)], [], {
      client: { retry: { attempts: 3, delayMs: 1 }, noServerTimeoutMs: 0 },
    })
    await ends.pair.server.close()
    expect(await rejection(client.add(1, 2))).to.include({ code: 'ERR_NO_SERVER' })
    expect(log).to.deep.equal([1])
  })

  it('refuses a call with an idempotency key without using the key up', async () => {
    let isOpen = false
    const door: Middleware = ({ next }) => {
      if (!isOpen) throw new RangeError('closed')
      return next()
    }
    const client = await ends.start([], [door])
    const idempotencyKey = freshName('key')
    const once = control(client).with({ idempotencyKey })
    expect(await rejection(once.add(1, 2))).to.be.instanceOf(RangeError)
    isOpen = true
    expect(await once.add(1, 2)).to.equal(3)
    isOpen = false
    expect(await once.add(1, 2), 'kept').to.equal(3)
    expect(ends.shop.runs).to.equal(1)
    const admin = new Redis(ends.redis().url)
    expect(await admin.del(onceRecord(ends.pair.name, idempotencyKey))).to.equal(1)
    admin.disconnect()
  })
})
