import { expect } from 'chai'
import { control, type Middleware } from 'redis-object-rpc'
import { describeOnEachRedis } from '../helpers/backends.ts'
import { rejection } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'
import { Ends } from './shop.ts'

describeOnEachRedis('middleware', (redis) => {
  const ends = new Ends(redis)

  it('holds no call beyond its deadline, its signal and its client', async () => {
    const abort = new AbortController()
    const client = await ends.start([() => new Promise(() => {})])
    const { signal } = abort
    const late = rejection(control(client).with({ timeoutMs: 30 }).add(1, 2))
    const aborted = rejection(control(client).with({ signal }).add(1, 2))
    const closed = rejection(client.add(1, 2))
    expect(await late).to.include({ code: 'ERR_TIMEOUT', timeoutMs: 30, operation: `${ends.pair.name}.add` })
    abort.abort(new Error('enough'))
    expect(await aborted).to.have.property('message', 'enough')
    await control(client).close()
    expect(await closed).to.include({ code: 'ERR_CLOSED' })
    expect(await rejection(client.add(1, 2))).to.include({ code: 'ERR_CLOSED' })
    expect(ends.shop.runs).to.equal(0)
  })

  it('that only passes a call on changes neither its deadline, its signal nor its stream', async () => {
    const passing: Middleware = ({ next }) => next()
    const client = await ends.start([passing, passing], [passing, passing])
    expect(await client.add(1, 2)).to.equal(3)
    expect(await rejection(client.fail())).to.include({ name: 'RangeError', message: 'sold out' })
    const rows: number[] = []
    for await (const row of client.rows(3)) rows.push(row)
    expect(rows).to.deep.equal([0, 1, 2])
    const abort = new AbortController()
    const aborted = rejection(control(client).with({ signal: abort.signal }).hang())
    abort.abort(new Error('enough'))
    expect(await aborted).to.have.property('message', 'enough')
    expect(await rejection(control(client).with({ timeoutMs: 30 }).hang())).to.include({ code: 'ERR_TIMEOUT' })
    await ends.releaseLate()
  })

  it('may abort a call or close its client before it holds the call', async () => {
    const abort = new AbortController()
    let closing: Promise<void> | undefined
    const aborting: Middleware = ({ call }) => {
      if (call.method === 'add') abort.abort(new Error('enough'))
      else closing = control(client).close()
      return new Promise(() => {})
    }
    const client = await ends.start([aborting])
    expect(await rejection(control(client).with({ signal: abort.signal }).add(1, 2))).to.have.property(
      'message',
      'enough',
    )
    expect(await rejection(client.fail())).to.include({ code: 'ERR_CLOSED' })
    await closing
    expect(ends.shop.runs).to.equal(0)
  })

  it('may make something of a deadline that passes under way', async () => {
    const fallback: Middleware = async ({ next }) => {
      try {
        return await next()
      } catch (error) {
        return `fell back after ${(error as { code: string }).code}`
      }
    }
    const client = await ends.start([fallback])
    expect(await control(client).with({ timeoutMs: 30 }).hang()).to.equal('fell back after ERR_TIMEOUT')
    const abort = new AbortController()
    const aborted = control(client).with({ signal: abort.signal }).hang()
    abort.abort(Object.assign(new Error('enough'), { code: 'E' }))
    expect(await aborted).to.equal('fell back after E')
    await ends.releaseLate()
  })

  it('does not send or run what nobody waits for any more', async () => {
    let go: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const failures: unknown[] = []
    const held: Middleware = async ({ next }) => {
      await gate
      return next().catch((error: unknown) => {
        failures.push(error)
        throw error
      })
    }
    const client = await ends.start([held], [])
    expect(await rejection(control(client).with({ timeoutMs: 20 }).add(1, 2))).to.include({ code: 'ERR_TIMEOUT' })
    go()
    await until(() => failures.length === 1)
    expect(failures[0]).to.include({ code: 'ERR_TIMEOUT' })
    expect(ends.shop.runs).to.equal(0)
  })

  it('may fail after nobody waits for the call any more, and ends no process', async () => {
    const unhandled: unknown[] = []
    const onUnhandled = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', onUnhandled)
    let go: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    let held = 0
    const late: Middleware = async ({ call, next }) => {
      held++
      await gate
      if (call.method === 'add') return next()
      throw new Error('much later')
    }
    const client = await ends.start([late])
    const abort = new AbortController()
    const calls = [
      control(client).with({ timeoutMs: 20 }).add(1, 2),
      control(client).with({ timeoutMs: 20 }).fail(),
      control(client).with({ signal: abort.signal }).add(1, 2),
      client.add(1, 2),
      control(client).notify.add(1, 2),
    ].map((call) => rejection(Promise.resolve(call)))
    expect(held).to.equal(calls.length)
    abort.abort(new Error('enough'))
    await Promise.all(calls.slice(0, 3))
    await control(client).close()
    await Promise.all(calls)
    go()
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', onUnhandled)
    expect(unhandled).to.deep.equal([])
    expect(ends.shop.runs).to.equal(0)
  })

  it('on the way in, does not run a method after the deadline', async () => {
    let ended: unknown
    let hasBegun = false
    const held: Middleware = async ({ call, next }) => {
      hasBegun = true
      await new Promise((resolve) => call.signal?.addEventListener('abort', resolve))
      await until(() => ends.clock.now() > (call.deadline ?? 0))
      ended = await rejection(next())
      throw ended
    }
    const client = await ends.start([], [held])
    await until(async () => {
      // Its own error, or what the server has answered with in the same moment.
      expect(await rejection(control(client).with({ timeoutMs: 100 }).add(1, 2))).to.include({ name: 'TimeoutError' })
      return hasBegun
    })
    await until(() => ended !== undefined)
    expect(ended).to.have.property('name', 'TimeoutError')
    expect(ends.shop.runs).to.equal(0)
  })
})
