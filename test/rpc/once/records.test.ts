import { expect } from 'chai'
import { control, InvalidOptionError, pipe } from 'redis-object-rpc'
import { describeLeavingNothing } from '../../helpers/leaving-nothing.ts'
import { rejection } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'
import { Ends, keyed } from './ends.ts'

describeLeavingNothing('calls with an idempotency key', (redis) => {
  const ends = new Ends(redis)

  it('are refused with another method or other arguments, also while the first one runs', async () => {
    await ends.serve()
    const first = keyed(ends.connect()).slow('a')
    await until(() => ends.runs.length === 1)
    const client = keyed(ends.connect())
    expect(await rejection(client.slow('b'))).to.include({ code: 'ERR_IDEMPOTENCY', operation: `${ends.name}.slow` })
    ends.gate.resolve()
    expect(await first).to.equal(1)
    expect(await rejection(client.slow('b'))).to.include({ code: 'ERR_IDEMPOTENCY' })
    expect(await rejection(client.order('a'))).to.include({ code: 'ERR_IDEMPOTENCY' })
    expect(ends.runs).to.deep.equal(['a'])
  })

  it('keep nothing of what failed before the method ran', async () => {
    await ends.serve()
    const client = ends.connect()
    const unknown = control(keyed(client)).call('nope', 'a')
    expect(await rejection(unknown)).to.include({ code: 'ERR_METHOD_NOT_FOUND' })
    expect(await ends.observer.exists(ends.record())).to.equal(0)
    expect(await keyed(client).order('a')).to.equal(1)
  })

  it('keep nothing of a pipeline that could not begin', async () => {
    await ends.serve()
    const unknown = pipe(keyed(ends.connect()), (shop) => (shop as never as { nope(): never }).nope())
    expect(await rejection(unknown)).to.include({ code: 'ERR_METHOD_NOT_FOUND' })
    expect(await ends.observer.exists(ends.record())).to.equal(0)
    for (const _ of [1, 2]) expect(await pipe(keyed(ends.connect()), (shop) => shop.order('a'))).to.equal(1)
    expect(ends.runs).to.deep.equal(['a'])
  })

  it('keep the result for as long as the call says', async () => {
    await ends.serve()
    await control(ends.connect()).with({ idempotencyKey: 'order-7', idempotencyTtlMs: 5_000 }).order('a')
    expect(await ends.observer.pttl(ends.record())).to.be.within(1, 5_000)
    await keyed(ends.connect(), 'order-8').order('a')
    expect(await ends.observer.pttl(ends.record('order-8'))).to.be.within(86_000_000, 86_400_000)
  })

  it('are judged by the record alone, and run again once it is gone', async () => {
    await ends.serve()
    await ends.observer.hset(ends.record(), { of: 'x', by: 'nobody' })
    expect(await rejection(keyed(ends.connect()).order('a'))).to.include({ code: 'ERR_IDEMPOTENCY' })
    await ends.observer.del(ends.record())
    expect(await keyed(ends.connect()).order('a')).to.equal(1)
    await ends.observer.del(ends.record())
    expect(await keyed(ends.connect()).order('a')).to.equal(2)
  })

  it('are refused when their record is something else', async () => {
    await ends.serve()
    await ends.observer.set(ends.record(), 'junk')
    expect(await rejection(keyed(ends.connect()).order('a'))).to.include({ code: 'ERR_CONNECTION' })
    await ends.observer.del(ends.record())
    await ends.observer.hset(ends.record(), { reply: 'junk' })
    expect(await keyed(ends.connect()).order('a')).to.equal(1)
    expect(ends.runs).to.deep.equal(['a'])
  })

  it('of other keys and sizes are refused at each end', async () => {
    await ends.serve()
    const client = ends.connect()
    for (const idempotencyKey of ['', 'x'.repeat(256), 7 as never])
      expect(() => control(client).with({ idempotencyKey }), String(idempotencyKey)).to.throw(InvalidOptionError)
    expect(() => control(client).with({ idempotencyKey: 'a', idempotencyTtlMs: 0 })).to.throw(InvalidOptionError)
    expect(await keyed(client, '\u{1f600}'.repeat(127)).order('a')).to.equal(1)
    const inbox = `${ends.name}:rpc:${'x'.repeat(12)}`
    for (const idempotency of [
      { key: 'x'.repeat(256), ttlMs: 5 },
      { key: '', ttlMs: 5 },
      { key: 'a' },
      5,
      { ttlMs: 5 },
    ]) {
      const request = { function_call: { name: 'order', args: ['a'] }, options: { idempotency }, response_queue: inbox, id: 1 } // biome-ignore format: one line
      await ends.observer.rpush(ends.name, JSON.stringify(request))
      const [, reply] = (await ends.observer.blpop(inbox, 10)) ?? []
      expect(JSON.parse(reply ?? '{}').error?.fields.code).to.equal('ERR_PROTOCOL')
    }
    expect(ends.runs).to.deep.equal(['a'])
  })
})
