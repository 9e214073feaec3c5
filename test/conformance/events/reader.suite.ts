import { expect } from 'chai'
import { InvalidDataError, WrongTypeError } from 'redis-object-rpc/ipc'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { until } from '../../helpers/until.ts'
import { rejection } from '../../ipc/helpers.ts'
import type { Events } from './events.ts'
import { JUNK } from './junk.ts'

/** A reader by itself, which gets each event. */
export function eventReaderSuite(events: Events): void {
  const { bench, write, read, isBlocked } = events
  it('reads the entries that redis_ipc writes, 42-0 too', async () => {
    await bench.raw.xadd(bench.name, '42-0', 'content', '{"price": 17.0}')
    const prices = read({ from: '0' })
    expect(await prices.last()).to.deep.equal({ id: '42-0', content: { price: 17 }, metadata: {} })
    expect(await prices.bNext()).to.deep.equal({ id: '42-0', content: { price: 17 }, metadata: {} })
  })

  it('knows how many there are and which is the newest', async () => {
    const prices = read()
    expect(await prices.len()).to.equal(0)
    expect(await prices.last()).to.equal(undefined)
    const out = write<number>()
    await out.publish(1)
    const id = await out.publish(2)
    expect(await prices.len()).to.equal(2)
    expect(await prices.last()).to.deep.equal({ id, content: 2, metadata: {} })
  })

  it('starts from the beginning, behind an id, or now', async () => {
    const out = write<number>()
    const ids = [await out.publish(1), await out.publish(2)]
    const readers = [read<number>({ from: '0' }), read<number>({ from: ids[0] as string }), read<number>()]
    for (const reader of readers) await reader.open()
    await out.publish(3)
    const first = await Promise.all(readers.map((reader) => reader.bNext()))
    expect(first.map((event) => event?.content)).to.deep.equal([1, 2, 3])
  })

  it('misses nothing between the first two reads', async () => {
    const [out, prices] = [write<number>(), read<number>()]
    await out.publish(1)
    expect(await prices.bNext({ timeoutMs: 0 })).to.equal(undefined)
    await out.publish(2)
    expect((await prices.bNext({ timeoutMs: 0 }))?.content).to.equal(2)
    expect(await prices.bNext({ timeoutMs: 0 })).to.equal(undefined)
    await out.publish(3)
    await out.publish(4)
    expect((await prices.bNext())?.content).to.equal(3)
    expect((await prices.bNext())?.content).to.equal(4)
  })

  it('misses nothing that comes while a wait is given up', async () => {
    const [out, prices] = [write<number>(), read<number>()]
    await prices.open()
    const controller = new AbortController()
    const waiting = rejection(prices.bNext({ signal: controller.signal }))
    await until(isBlocked)
    controller.abort('enough')
    expect(await waiting).to.equal('enough')
    await out.publish(1)
    await out.publish(2)
    expect((await prices.bNext())?.content).to.equal(1)
    expect((await prices.bNext({ timeoutMs: 0 }))?.content).to.equal(2)
  })

  it('waits until there is an event, and no longer than it was told', async () => {
    const clock = new ManualClock()
    const [out, prices] = [write<number>(), read<number>({ clock })]
    await prices.open()
    const waiting = prices.bNext()
    await until(isBlocked)
    await out.publish(1)
    expect((await waiting)?.content).to.equal(1)
    const late = prices.bNext({ timeoutMs: 500 })
    clock.advance(500)
    expect(await late).to.equal(undefined)
  })

  it('serves those who wait in the order in which they began', async () => {
    const [out, prices] = [write<number>(), read<number>({ from: '0', batchSize: 2 })]
    const waits = [prices.bNext(), prices.bNext(), prices.bNext()]
    for (const n of [1, 2, 3, 4]) await out.publish(n)
    expect((await Promise.all(waits)).map((event) => event?.content)).to.deep.equal([1, 2, 3])
    expect((await prices.bNext())?.content).to.equal(4)
  })

  it('gives each event once and in order to a loop, which ends when it is closed', async () => {
    const [out, prices] = [write<number>(), read<number>({ from: '0', batchSize: 7 })]
    const publishing = Promise.all(Array.from({ length: 100 }, (_, i) => out.publish(i)))
    const seen: number[] = []
    for await (const event of prices) if (seen.push(event.content) === 100) void prices.close()
    await publishing
    expect(seen).to.deep.equal(Array.from({ length: 100 }, (_, i) => i))
  })

  for (const [fields, problem] of JUNK) {
    it(`throws ${fields.join(' ').slice(0, 40)} and goes on behind it`, async () => {
      const prices = read<number>({ from: '0', maxMessageBytes: 1_500 })
      const id = await bench.raw.xadd(bench.name, '*', ...fields)
      await bench.raw.xadd(bench.name, '*', 'content', '1')
      const error = await rejection(prices.bNext())
      expect(error).to.be.instanceOf(InvalidDataError)
      expect(error).to.include({ key: bench.name, id })
      expect(error.message).to.match(problem)
      expect((await prices.bNext())?.content).to.equal(1)
    })
  }

  it('takes nothing for a loop that is left while it waits', async () => {
    const prices = read<number>()
    const events = prices[Symbol.asyncIterator]() as AsyncGenerator<unknown, void>
    const waiting = events.next()
    await until(isBlocked)
    await events.return()
    expect(await waiting).to.deep.equal({ value: undefined, done: true })
    const id = await write().publish(1)
    expect(await prices.bNext()).to.deep.equal({ id, content: 1, metadata: {} })
  })

  it('reports junk and goes on in a loop', async () => {
    await bench.raw.xadd(bench.name, '*', 'content', 'junk')
    await bench.raw.xadd(bench.name, '*', 'content', '1')
    for await (const event of read({ from: '0' })) {
      expect(event.content).to.equal(1)
      break
    }
    expect(bench.codes()).to.deep.equal(['ERR_INVALID_DATA'])
  })

  it('says which key has which type when it is not a stream', async () => {
    await bench.raw.set(bench.name, 'x')
    for (const from of ['$', '0']) {
      const prices = read({ from })
      for (const call of [
        () => prices.bNext(),
        () => prices.bNext({ timeoutMs: 0 }),
        () => prices.len(),
        () => prices.last(),
      ]) {
        const error = await rejection(call())
        expect(error).to.be.instanceOf(WrongTypeError)
        expect(error).to.include({ key: bench.name, expected: 'stream', actual: 'string' })
      }
    }
  })

  it('leaves no timer behind when it is closed', async () => {
    const clock = new ManualClock()
    const prices = read({ clock })
    await prices.open()
    const waits = [prices.bNext({ timeoutMs: 1_000 }), rejection(prices.bNext({ timeoutMs: 1_000 }))]
    await write().publish(1)
    await waits[0]
    await prices.close()
    await waits[1]
    expect(clock.pending).to.equal(0)
  })

  it('refuses a start that is no id', () => {
    for (const from of ['', 'x', '1-', '-1', '1-2-3', '18446744073709551616', '$0']) {
      expect(() => read({ from })).to.throw("from must be '$', '0' or the id of an event")
    }
  })

  it('rejects waits when it is closed, and what comes after', async () => {
    const prices = read()
    const waiting = rejection(prices.bNext())
    await until(isBlocked)
    await prices.close()
    expect((await waiting).code).to.equal('ERR_CLOSED')
    for (const call of [() => prices.bNext(), () => prices.len(), () => prices.last(), () => prices.open()]) {
      expect((await rejection(call())).code).to.equal('ERR_CLOSED')
    }
    expect(prices.close()).to.equal(prices.close())
  })
}
