import { expect } from 'chai'
import { deferred } from '../../../lib/util/deferred.ts'
import { type InMemoryOptions, inMemory } from './in-memory.ts'
import { numbers, range, readAll, settle } from './numbers.ts'

describe('a stream', () => {
  it('brings every item, in order, and what the generator returned', async () => {
    const { reader, overs, clock } = inMemory(numbers(2_000))
    const read: unknown[] = []
    let result = await reader.next()
    for (; result.done !== true; result = await reader.next()) read.push(result.value)
    expect(read).to.deep.equal(range(2_000))
    expect(result.value).to.equal('end')
    expect(await reader.next()).to.deep.equal({ done: true, value: undefined })
    expect(overs.sort()).to.deep.equal(['reader', 'source'])
    expect(clock.pending).to.equal(0)
  })

  it('brings what plain JSON does not carry', async () => {
    const values = [1, undefined, new Date(0), { a: [new Uint8Array([1, 2])] }, 'x', -0, new Map([[1, 2n]]), null]
    async function* generate() {
      yield* values
      return new Set([1])
    }
    const { reader, answers } = inMemory(generate())
    const read: unknown[] = []
    let result = await reader.next()
    for (; result.done !== true; result = await reader.next()) read.push(result.value)
    expect(read).to.deep.equal(values)
    expect(result.value).to.deep.equal(new Set([1]))
    expect(answers.length).to.be.lessThan(3)
  })

  it('ends at once when there are no items', async () => {
    const { reader, answers } = inMemory(numbers(0))
    expect(await readAll(reader)).to.deep.equal([])
    expect(answers[0]).to.equal('{"items":[],"done":true,"value":"end"}')
  })

  it('asks for nothing before it is read', async () => {
    const log: string[] = []
    const { pulls } = inMemory(numbers(3, log))
    await settle()
    expect([pulls, log]).to.deep.equal([[], []])
  })

  it('sends what comes within one turn in one answer, and an item that comes later by itself', async () => {
    const gate = deferred()
    const { reader, answers } = inMemory(numbers(7, [], (i) => (i === 5 ? gate.promise : undefined)))
    const all = readAll(reader)
    await settle()
    gate.resolve()
    expect(await all).to.deep.equal(range(7))
    expect(answers.slice(0, 2)).to.deep.equal(['{"items":[0,1,2,3,4]}', '{"items":[5,6],"done":true,"value":"end"}'])
  })

  it('answers calls of next() in order', async () => {
    const { reader } = inMemory(numbers(3))
    const results = await Promise.all(range(6).map(() => reader.next()))
    expect(results.map(({ value }) => value)).to.deep.equal([0, 1, 2, 'end', undefined, undefined])
    expect(results.map(({ done }) => done)).to.deep.equal([false, false, false, true, true, true])
  })

  it('lets a slow reader slow its producer, within the window', async () => {
    const log: string[] = []
    const row = 'x'.repeat(100 - 3)
    async function* generate() {
      for (let i = 0; ; i++) {
        log.push(`${i}`)
        yield row
      }
    }
    const { reader, pulls } = inMemory(generate(), { windowBytes: 2_000 })
    for (let read = 1; read <= 100; read++) {
      await reader.next()
      await settle()
      // One item more than the window has been made, and waits at the producer.
      expect(log.length - read).to.be.lessThan(21)
    }
    expect(pulls.every(({ maxBytes }) => maxBytes === 1_000)).to.equal(true)
    await reader.return()
  })

  it('sends an item that is larger than the window by itself', async () => {
    async function* generate() {
      for (let i = 0; i < 5; i++) yield `${i}`.repeat(i % 2 === 0 ? 10 : 5_000)
    }
    const { reader, answers } = inMemory(generate())
    expect((await readAll(reader)).map((item) => (item as string).length)).to.deep.equal([10, 5_000, 10, 5_000, 10])
    expect(answers.filter((text) => text.length > 1_000).every((text) => JSON.parse(text).items.length === 1)).to.equal(
      true,
    )
  })

  it('asks again after an empty answer, for as long as somebody waits', async () => {
    const gate = deferred()
    const { reader, clock, answers } = inMemory(
      numbers(1, [], () => gate.promise),
      { firstMs: Number.POSITIVE_INFINITY },
    )
    const first = reader.next()
    for (let round = 0; round < 5; round++) {
      await settle()
      clock.advance(10_000)
    }
    await settle()
    expect(answers.length).to.equal(9)
    expect(new Set(answers)).to.deep.equal(new Set(['{"items":[]}']))
    gate.resolve()
    expect((await first).value).to.equal(0)
  })

  it('keeps nothing on its way once nobody waits and nothing comes', async () => {
    const never = deferred()
    const { reader, clock, pulls } = inMemory(numbers(2, [], (i) => (i === 1 ? never.promise : undefined)))
    await reader.next()
    await settle()
    clock.advance(10_000)
    await settle()
    const before = pulls.length
    clock.advance(60_000)
    await settle()
    expect(pulls.length).to.equal(before)
    expect(clock.pending).to.equal(0)
    void reader.next()
    await settle()
    expect(pulls.length).to.equal(before + 2)
  })

  it('an item that comes after its pull was answered waits for the next one', async () => {
    const gate = deferred()
    const { reader, clock } = inMemory(numbers(3, [], (i) => (i === 1 ? gate.promise : undefined)))
    await reader.next()
    await settle()
    clock.advance(10_000)
    gate.resolve()
    await settle()
    expect(await readAll(reader)).to.deep.equal([1, 2])
  })

  it('does not starve the process while items come without a pause', async () => {
    let nowMs = 0
    const options: InMemoryOptions = { windowBytes: 1_000_000 }
    const stream = inMemory(
      numbers(1_000, [], () => {
        nowMs += 3
      }),
      { ...options, source: { clock: { now: () => nowMs, setTimer: () => ({}), clearTimer: () => {} } } },
    )
    await readAll(stream.reader)
    expect(stream.answers.length).to.be.greaterThan(200)
  })

  it('runs code of the iterator in the context that it was given', async () => {
    let depth = 0
    const seen: number[] = []
    const iterator: AsyncIterator<unknown> = {
      next: async () => {
        seen.push(depth)
        return { done: false, value: 'x'.repeat(600) }
      },
      return: async () => {
        seen.push(depth)
        return { done: true, value: undefined }
      },
    }
    const inContext = <T>(work: () => T): T => {
      depth++
      try {
        return work()
      } finally {
        depth--
      }
    }
    const { reader } = inMemory(iterator, { source: { inContext } })
    await reader.next()
    await reader.return()
    expect(seen[0]).to.equal(1)
    expect(seen.at(-1)).to.equal(1)
  })
})
