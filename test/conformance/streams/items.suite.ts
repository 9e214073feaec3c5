import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { expect } from 'chai'
import { control, SerializationError } from 'redis-object-rpc'
import { rejection } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'
import { type Ends, readAll, upTo } from './feed.ts'

/** What a stream carries, and where one may be. */
export function streamItemsSuite(ends: Ends): void {
  it('is read with a loop over the call, or over what it gives', async () => {
    expect((await readAll(ends.client.rows(5))).map(({ id }) => id)).to.deep.equal([0, 1, 2, 3, 4])
    expect(await readAll(await ends.client.rows(1))).to.deep.equal([{ id: 0, name: 'row 0' }])
    expect(await readAll(ends.client.later(2))).to.have.length(2)
    expect(await readAll(ends.client.rows(0))).to.deep.equal([])
  })

  it('brings many items in order, and what the generator returned', async () => {
    const rows = await ends.client.rows(20_000)
    let expected = 0
    let result = await rows.next()
    for (; result.done !== true; result = await rows.next()) expect(result.value.id).to.equal(expected++)
    expect([expected, result.value]).to.deep.equal([20_000, 'that was all'])
    expect(ends.feed.log).to.deep.equal(['finally'])
  })

  it('brings an item as soon as it is there', async () => {
    const numbers = await ends.client.gated()
    expect((await numbers.next()).value).to.equal(1)
    const second = numbers.next()
    ends.feed.gate.resolve()
    expect((await second).value).to.equal(2)
    expect((await numbers.next()).done).to.equal(true)
  })

  it('brings every value that travels', async () => {
    expect(await readAll(ends.client.values())).to.deep.equal(await readAll(ends.feed.values()))
  })

  it('may be anywhere in a value, in more than one place too', async () => {
    const { list, web } = await ends.client.deep()
    expect(web).to.be.an.instanceOf(ReadableStream)
    expect(await readAll(web)).to.deep.equal(['a', 'b'])
    expect(await readAll(list[0].get('numbers') as AsyncIterable<number>)).to.deep.equal([1, 2, 3])
  })

  it('may hold streams and functions itself', async () => {
    const all: number[][] = []
    for await (const inner of ends.client.nested()) all.push(await readAll(inner))
    expect(all).to.deep.equal([[1, 2], [3]])
    const results: unknown[] = []
    for await (const callback of ends.client.callbacks()) {
      results.push(await callback())
      ;(callback as unknown as Disposable)[Symbol.dispose]()
    }
    expect(results).to.deep.equal([0, 1, 2])
    await until(() => ends.server.stats.lent === 0)
  })

  it('is an argument like any other', async () => {
    expect(await ends.client.sum(upTo(2_000))).to.equal(1_999_000)
    expect(await ends.client.sum(Readable.from([1, 2, 3]))).to.equal(6)
    const data = Array.from({ length: 20 }, (_, i) => new Uint8Array(50_000).fill(i))
    const expected = createHash('sha256').update('file')
    for (const chunk of data) expected.update(chunk)
    expect(await ends.client.hash('file', ReadableStream.from(data) as ReadableStream<Uint8Array>)).to.equal(
      expected.digest('hex'),
    )
  })

  it('loses nothing of a source that does not wait to be asked', async () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i}`)
    const input = createInterface({ input: Readable.from(lines.map((line) => `${line}\n`)) })
    expect(await ends.client.take(input, lines.length + 1)).to.deep.equal(lines)
  })

  it('is refused when somebody reads it already', async () => {
    const locked = ReadableStream.from([new Uint8Array(1)])
    locked.getReader()
    const error = (await rejection(ends.client.hash('a', locked as ReadableStream<Uint8Array>))) as SerializationError
    expect(error).to.be.an.instanceOf(SerializationError)
    expect(error.path).to.equal('args[1]')
    const unreadable = {
      [Symbol.asyncIterator]: () => {
        throw new RangeError('no')
      },
    }
    const other = (await rejection(ends.client.ignore(unreadable as never))) as SerializationError
    expect(other.path).to.equal('args[0]')
    expect(other.cause).to.be.an.instanceOf(RangeError)
  })

  it('goes both ways at once', async () => {
    expect(await readAll(ends.client.double(upTo(1_000)))).to.deep.equal(Array.from({ length: 1_000 }, (_, i) => i * 2))
  })

  it('that is passed back is the very same', async () => {
    const own = await ends.client.own()
    expect(await ends.client.isOwn(own)).to.equal(true)
    expect(await readAll(own)).to.deep.equal([0, 1, 2])
  })

  it('takes no place of a call while it waits', async () => {
    await ends.server.close()
    ends.server = await ends.serve({ concurrency: 1 })
    const streams = await Promise.all(Array.from({ length: 5 }, () => ends.client.gated()))
    const waiting = streams.map(readAll)
    expect(await ends.client.sum(upTo(3))).to.equal(3)
    expect(ends.server.stats.running).to.equal(0)
    ends.feed.gate.resolve()
    expect(await Promise.all(waiting)).to.deep.equal(Array(5).fill([1, 2]))
  })

  it('runs in the context of its call, whose signal fires when its reader leaves', async () => {
    const watched = await control(ends.client)
      .with({ metadata: { user: 'ann' } })
      .watched()
    expect((await watched.next()).value).to.deep.equal(['watched', { user: 'ann' }])
    expect((await watched.next()).value).to.equal(true)
    const waiting = watched.next()
    await watched.return()
    expect((await waiting).done).to.equal(true)
    await until(() => ends.feed.log.includes('finally'))
    expect(ends.feed.log).to.deep.equal(['aborted: AbortError', 'finally'])
  })
}
