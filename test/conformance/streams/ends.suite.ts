import { once } from 'node:events'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { ClosedError, control, ReferenceLostError, SerializationError, TimeoutError } from 'redis-object-rpc'
import { deferred } from '../../../lib/util/deferred.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { rejection } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'
import { type Ends, readAll, upTo } from './feed.ts'

/** How a stream ends: left, failed, silent, closed. */
export function streamEndsSuite(ends: Ends): void {
  it('ends where it is made when a loop over it is left', async () => {
    for await (const { id } of ends.client.rows(1_000_000)) if (id === 10) break
    await until(() => ends.feed.log.length > 0)
    expect(ends.feed.log).to.deep.equal(['finally'])
    const log: string[] = []
    expect(await ends.client.take(upTo(1_000_000, log), 3)).to.deep.equal([0, 1, 2])
    await until(() => log.length > 0)
    await until(() => control(ends.client).stats.lent === 0)
  })

  it('ends with return, throw and await using', async () => {
    const returned = await ends.client.rows(1_000_000)
    await returned.next()
    expect(await returned.return('enough')).to.deep.equal({ done: true, value: 'enough' })
    expect(ends.feed.log.splice(0)).to.deep.equal(['finally'])
    const thrown = await ends.client.rows(1_000_000)
    await thrown.next()
    expect(await rejection(thrown.throw(new RangeError('no')))).to.be.an.instanceOf(RangeError)
    expect(ends.feed.log.splice(0)).to.deep.equal(['caught RangeError: no', 'finally'])
    const used = await ends.client.rows(1_000_000)
    await used.next()
    await used[Symbol.asyncDispose]()
    expect(ends.feed.log.splice(0)).to.deep.equal(['finally'])
  })

  it('of the web is cancelled with its reason, and one of Node destroyed', async () => {
    const reader = (await ends.client.web()).getReader()
    expect((await reader.read()).value).to.equal(1)
    await reader.cancel('enough')
    expect(ends.feed.log).to.deep.equal(['cancelled enough'])
    expect(await readAll(ends.client.node())).to.deep.equal([Buffer.from('a'), Buffer.from('b')])
    const source = Readable.from(Array.from({ length: 100_000 }, (_, i) => i))
    await ends.client.take(source, 2)
    if (!source.closed) await once(source, 'close')
    await until(() => control(ends.client).stats.lent === 0)
  })

  it('fails as the generator does, behind the items before that', async () => {
    const numbers = await ends.client.failing(3)
    for (let i = 0; i < 3; i++) expect((await numbers.next()).value).to.equal(i)
    const error = await rejection(numbers.next())
    expect(error).to.be.an.instanceOf(RangeError).with.property('message', 'broken')
    expect(await numbers.next()).to.deep.equal({ done: true, value: undefined })
    async function* broken(): AsyncGenerator<number> {
      yield 1
      throw new RangeError('here')
    }
    expect(await rejection(ends.client.sum(broken()))).to.be.an.instanceOf(RangeError)
  })

  it('fails at an item that cannot travel, which the error names', async () => {
    const items = await ends.client.bad()
    expect((await items.next()).value).to.equal(1)
    const error = (await rejection(items.next())) as SerializationError
    expect(error).to.be.an.instanceOf(SerializationError)
    expect(error.path).to.equal('items[1].deep[0]')
  })

  it('that nobody reads costs nothing but its place, and ends when its time is over', async () => {
    const impatient = ends.connect({ streamIdleMs: 50 })
    const log: string[] = []
    expect(await ends.client.ignore(upTo(1))).to.equal('ignored')
    await impatient.keep(upTo(1, log))
    await until(() => control(impatient).stats.lent === 0)
    expect(await rejection(readAll(ends.feed.kept as AsyncIterable<unknown>))).to.be.an.instanceOf(ReferenceLostError)
    expect(log).to.deep.equal([])
    await control(ends.client).close()
    await until(() => ends.server.stats.borrowed === 0)
  })

  it('may be silent for so long and no longer', async () => {
    const clock = new ManualClock(Date.now())
    const impatient = ends.connect({ streamIdleMs: 60, clock })
    const numbers = await impatient.gated()
    await numbers.next()
    const silence = rejection(numbers.next())
    clock.advance(60)
    const error = (await silence) as TimeoutError
    expect(error).to.be.an.instanceOf(TimeoutError)
    expect([error.timeoutMs, error.operation]).to.deep.equal([60, `a stream of ${ends.name}`])
    ends.feed.gate.resolve()
    await until(() => ends.feed.log.length > 0 && ends.server.stats.lent === 0)
    const slow = ends.connect({ timeoutMs: 80 })
    expect(await rejection(readAll(slow.silent()))).to.have.property('timeoutMs', 80)
    await until(() => ends.server.stats.lent === 0)
  })

  it('whose reader closes has its signal fired', async () => {
    const other = ends.connect()
    const watched = await other.watched()
    await watched.next()
    await control(other).close()
    await until(() => ends.feed.log.includes('finally'))
    expect(ends.feed.log).to.deep.equal(['aborted: ReferenceLostError', 'finally'])
  })

  it('ends when the garbage collector finds that nobody reads it any more', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    await (async () => {
      await ends.client.rows(5)
      await ends.client.web()
      const begun = await ends.client.rows(1_000_000)
      await begun.next()
    })()
    expect(ends.server.stats.lent).to.equal(3)
    await until(async () => {
      collect()
      return ends.server.stats.lent === 0
    })
    await until(() => ends.feed.log.length === 2)
    expect(ends.feed.log.sort()).to.deep.equal(['cancelled undefined', 'finally'])
  })

  it('ends at once when its reader closes, and its reader learns when its producer does', async () => {
    const rows = await ends.client.gated()
    await rows.next()
    const waiting = rejection(rows.next())
    await control(ends.client).close()
    expect(await waiting).to.be.an.instanceOf(ClosedError)
    ends.feed.gate.resolve()
    await until(() => ends.feed.log.includes('finally') && ends.server.stats.lent === 0)

    const sender = ends.connect()
    await sender.keep(ends.feed.silent())
    const next = rejection(readAll(ends.feed.kept as AsyncIterable<unknown>))
    await until(() => ends.server.stats.borrowed === 1)
    await control(sender).close()
    expect(await next).to.satisfy(
      (error: unknown) => error instanceof ClosedError || error instanceof ReferenceLostError,
    )
    await until(() => ends.server.stats.borrowed === 0)
  })

  it('is given time to end when its server closes, and no more', async () => {
    const ending = await ends.client.gated()
    await ending.next()
    const rest = readAll(ending)
    let isClosed = false
    const closed = ends.server.close().then(() => {
      isClosed = true
    })
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    expect(isClosed).to.equal(false)
    ends.feed.gate.resolve()
    expect(await rest).to.deep.equal([2])
    await closed

    ends.feed.gate = deferred()
    ends.feed.log.splice(0)
    ends.server = await ends.serve({ drainTimeoutMs: 50 })
    const endless = await ends.client.gated()
    await endless.next()
    const waiting = rejection(endless.next())
    await ends.server.close()
    expect(await waiting).to.be.an.instanceOf(ClosedError)
    ends.feed.gate.resolve()
    await until(() => ends.feed.log.includes('finally'))
  })
}
