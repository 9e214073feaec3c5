import { expect } from 'chai'
import { control, type Middleware, pipe } from 'redis-object-rpc'
import { describeLeavingNothing } from '../../helpers/leaving-nothing.ts'
import { rejection } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'
import { Ends, keyed } from './ends.ts'

describeLeavingNothing('calls with an idempotency key', (redis) => {
  const ends = new Ends(redis)

  it('run once, and get the first result from then on, whoever calls', async () => {
    await ends.serve()
    await ends.serve()
    expect(await keyed(ends.connect()).order('a')).to.equal(1)
    expect(await Promise.all(Array.from({ length: 20 }, () => keyed(ends.connect()).order('a')))).to.deep.equal(
      Array(20).fill(1),
    )
    expect(ends.runs).to.deep.equal(['a'])
    expect(await keyed(ends.connect(), 'order-8').order('a')).to.equal(2)
    expect(await ends.connect().order('a'), 'without a key').to.equal(3)
  })

  it('get what the method threw the first time', async () => {
    await ends.serve()
    const client = keyed(ends.connect())
    for (const _ of [1, 2]) {
      const error = await rejection(client.refuse())
      expect(error).to.be.instanceOf(RangeError)
      expect((error as Error).message).to.equal('sold out')
    }
    expect(ends.runs).to.deep.equal(['refuse'])
  })

  it('wait for the one that runs, and hold back nobody, at a concurrency of 1', async () => {
    await ends.serve({ concurrency: 1 })
    const [first, ...others] = Array.from({ length: 10 }, () => keyed(ends.connect()).slow('a'))
    await until(() => ends.runs.length === 1)
    await until(() => ends.servers[0]?.stats.running === 1)
    const quick = ends.connect().quick()
    await until(async () => (await ends.observer.llen(ends.name)) > 0)
    ends.gate.resolve()
    expect(await Promise.all([first, ...others])).to.deep.equal(Array(10).fill(1))
    expect(await quick).to.equal('quick')
    expect(ends.runs).to.deep.equal(['a'])
  })

  it('leave their places to other calls while they wait', async () => {
    await ends.serve({ concurrency: 2 })
    const waiting = Array.from({ length: 5 }, () => keyed(ends.connect()).slow('a'))
    await until(() => ends.runs.length === 1)
    expect(await ends.connect().quick()).to.equal('quick')
    ends.gate.resolve()
    expect(await Promise.all(waiting)).to.deep.equal(Array(5).fill(1))
  })

  it('run once when several servers take them at once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => ends.serve({ concurrency: 1 })))
    const calls = Array.from({ length: 20 }, () => keyed(ends.connect()).slow('a'))
    await until(() => ends.runs.length > 0)
    ends.gate.resolve()
    expect(await Promise.all(calls)).to.deep.equal(Array(20).fill(1))
    expect(ends.runs).to.deep.equal(['a'])
  })

  it('run once as notifications, too', async () => {
    await ends.serve()
    const client = control(keyed(ends.connect()))
    await client.notify.order('a')
    await client.notify.order('a')
    await until(() => ends.servers[0]?.stats.succeeded === 2)
    expect(ends.runs).to.deep.equal(['a'])
    expect(await keyed(ends.connect()).order('a')).to.equal(1)
  })

  it('run a pipeline once, through middleware as well', async () => {
    const through: Middleware = ({ next }) => next()
    for (const use of [[], [through]]) {
      await ends.serve({ use })
      const call = () => pipe(keyed(ends.connect(), `pipe-${use.length}`), (far) => [far.order('a'), far.quick()])
      const first = await call()
      expect(await call()).to.deep.equal(first)
      await ends.servers.pop()?.close()
    }
    expect(ends.runs).to.deep.equal(['a', 'a'])
  })

  it('go on for the others when the first caller gives up', async () => {
    await ends.serve()
    const abort = new AbortController()
    const first = control(ends.connect()).with({ idempotencyKey: 'order-7', signal: abort.signal }).slow('a')
    await until(() => ends.runs.length === 1)
    const second = keyed(ends.connect()).slow('a')
    const ended = rejection(first)
    abort.abort()
    expect(await ended).to.have.property('name', 'AbortError')
    ends.gate.resolve()
    expect(await second).to.equal(1)
    expect(ends.runs).to.deep.equal(['a'])
  })

  it('wait up to their own deadlines, and no longer', async () => {
    const server = await ends.serve()
    const first = keyed(ends.connect()).slow('a')
    await until(() => ends.runs.length === 1)
    const hasty = control(ends.connect()).with({ idempotencyKey: 'order-7', timeoutMs: 100 })
    await until(async () => {
      expect(await rejection(hasty.slow('a'))).to.include({ code: 'ERR_TIMEOUT' })
      return server.stats.expired > 0
    })
    ends.gate.resolve()
    expect(await first).to.equal(1)
  })
})
