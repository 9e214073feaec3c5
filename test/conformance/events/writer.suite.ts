import { expect } from 'chai'
import { WrongTypeError } from 'redis-object-rpc/ipc'
import { rejection } from '../../ipc/helpers.ts'
import type { Events } from './events.ts'

const ID = /^\d{13}-\d+$/

/** What the writer of a stream sends: the wire of redis_ipc. */
export function eventWriterSuite(events: Events): void {
  const { bench, write, read } = events
  it('writes exactly the entry of redis_ipc', async () => {
    const id = await write().publish({ price: 17 })
    expect(id).to.match(ID)
    expect(await bench.raw.xrange(bench.name, '-', '+')).to.deep.equal([[id, ['content', '{"price":17}']]])
  })

  it('writes beside it what JSON does not carry', async () => {
    const id = await write().publish(new Date(0))
    const [[, fields]] = (await bench.raw.xrange(bench.name, '-', '+')) as [[string, string[]]]
    expect(fields).to.deep.equal(['content', '"1970-01-01T00:00:00.000Z"', 'meta', '{"values":["Date"],"v":1}'])
    expect(await read().last()).to.deep.equal({ id, content: new Date(0), metadata: {} })
  })

  it('keeps the order in which events were published', async () => {
    const prices = write<number>()
    const ids = await Promise.all(Array.from({ length: 500 }, (_, i) => prices.publish(i)))
    const entries = await bench.raw.xrange(bench.name, '-', '+')
    expect(entries.map(([id]) => id)).to.deep.equal(ids)
    expect(entries.map(([, [, content]]) => Number(content))).to.deep.equal(Array.from({ length: 500 }, (_, i) => i))
    expect(await prices.len()).to.equal(500)
  })

  it('trims the stream, roughly', async () => {
    const prices = write({ maxEvents: 10 })
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => prices.publish(i)))
    expect(await prices.len()).to.be.within(10, 250)
  })

  it('says which key has which type when it is not a stream', async () => {
    await bench.raw.set(bench.name, 'x')
    const error = await rejection(write().publish(1))
    expect(error).to.be.instanceOf(WrongTypeError)
    expect(error).to.include({ key: bench.name, expected: 'stream', actual: 'string' })
  })

  it('finishes what it was given when it is closed, and takes no more', async () => {
    const prices = write()
    const publishing = prices.publish(1)
    await prices.close()
    expect(await publishing).to.match(ID)
    expect((await rejection(prices.publish(2))).code).to.equal('ERR_CLOSED')
  })
}
