import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { chunksOf, readableOf } from '../../../lib/rpc/streams/readable.ts'
import { rejection } from '../../helpers/pair.ts'
import { inMemory } from './in-memory.ts'

/** A stream of numbers that writes down what is asked of it. */
function numbers(count: number, log: string[]): ReadableStream<number> {
  let next = 0
  return new ReadableStream<number>(
    {
      pull(controller) {
        if (next === count) controller.close()
        else controller.enqueue(next++)
      },
      cancel(reason) {
        log.push(`cancelled: ${String(reason)}`)
      },
    },
    { highWaterMark: 0 },
  )
}

async function readAll(stream: ReadableStream): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const chunk of stream) all.push(chunk)
  return all
}

describe('a ReadableStream', () => {
  it('is read chunk by chunk, and read as one at the other end', async () => {
    const { reader } = inMemory(chunksOf(numbers(500, [])))
    expect(await readAll(readableOf(reader))).to.deep.equal(Array.from({ length: 500 }, (_, i) => i))
  })

  it('is cancelled with the reason that its reader cancels with', async () => {
    const log: string[] = []
    const { reader, overs } = inMemory(chunksOf(numbers(5_000, log)))
    const far = readableOf(reader).getReader()
    expect((await far.read()).value).to.equal(0)
    await far.cancel('enough')
    expect(log).to.deep.equal(['cancelled: enough'])
    expect(overs.sort()).to.deep.equal(['reader', 'source'])
  })

  it('is cancelled when a loop over it is left, also while it waits for a chunk', async () => {
    const log: string[] = []
    const silent = new ReadableStream({ cancel: (reason) => void log.push(`cancelled: ${String(reason)}`) })
    const { reader } = inMemory(chunksOf(silent))
    const waiting = reader.next()
    await setImmediate()
    await reader.return()
    expect((await waiting).done).to.equal(true)
    expect(log).to.deep.equal(['cancelled: undefined'])
  })

  it('is cancelled with an error that is thrown at it', async () => {
    const log: string[] = []
    const { reader } = inMemory(chunksOf(numbers(5_000, log)))
    await reader.next()
    expect(await rejection(reader.throw(new Error('no')))).to.have.property('message', 'no')
    expect(log).to.deep.equal(['cancelled: Error: no'])
  })

  it('fails as its source does', async () => {
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new RangeError('broken')),
    })
    const { reader } = inMemory(chunksOf(broken))
    expect(await rejection(readAll(readableOf(reader)))).to.be.an.instanceOf(RangeError)
  })

  it('asks for nothing before it is read', async () => {
    const { reader, pulls } = inMemory(chunksOf(numbers(5, [])))
    readableOf(reader)
    await setImmediate()
    expect(pulls).to.deep.equal([])
  })

  it('carries bytes', async () => {
    const bytes = new Uint8Array([0, 1, 254, 255])
    const { reader } = inMemory(chunksOf(new Blob([bytes]).stream() as ReadableStream))
    const all = await readAll(readableOf(reader))
    expect(all).to.deep.equal([bytes])
    expect(Object.getPrototypeOf(all[0])).to.equal(Uint8Array.prototype)
  })

  it("of Node's older kind is an async iterable like any other", async () => {
    const source = Readable.from(['a', 'b', 'c'])
    const { reader } = inMemory(source[Symbol.asyncIterator]())
    expect(await readAll(readableOf(reader))).to.deep.equal(['a', 'b', 'c'])
    expect(source.destroyed).to.equal(true)
  })
})
