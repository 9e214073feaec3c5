import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { ProtocolError, SerializationError, TimeoutError } from '../../../lib/errors.ts'
import { readPull } from '../../../lib/rpc/streams/messages.ts'
import { deferred } from '../../../lib/util/deferred.ts'
import { rejection } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'
import { type InMemoryOptions, inMemory } from './in-memory.ts'

/** A generator whose steps are written down. */
function numbers(count: number, log: string[] = [], before: (i: number) => unknown = () => undefined) {
  async function* generate(): AsyncGenerator<number, string> {
    try {
      for (let i = 0; i < count; i++) {
        await before(i)
        log.push(`item ${i}`)
        yield i
      }
      return 'end'
    } catch (error) {
      log.push(`threw ${(error as Error).message}`)
      throw error
    } finally {
      log.push('finally')
    }
  }
  return generate()
}

async function readAll(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const item of items) all.push(item)
  return all
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
/** Longer than anything that is on its way needs. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}

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

  describe('that is left', () => {
    it('by break runs the finally of its generator once', async () => {
      const log: string[] = []
      const { reader, overs, clock } = inMemory(numbers(1_000_000, log))
      for await (const item of reader) if (item === 10) break
      expect(log.filter((line) => line === 'finally')).to.have.length(1)
      expect(overs.sort()).to.deep.equal(['reader', 'source'])
      expect(await reader.next()).to.deep.equal({ done: true, value: undefined })
      expect(await reader.return()).to.deep.equal({ done: true, value: undefined })
      await settle()
      expect(log.filter((line) => line === 'finally')).to.have.length(1)
      expect(clock.pending).to.equal(0)
    })

    it('before it began runs nothing of the generator', async () => {
      const log: string[] = []
      const { reader, overs } = inMemory(numbers(5, log))
      expect(await reader.return('x')).to.deep.equal({ done: true, value: 'x' })
      expect(log).to.deep.equal([])
      expect(overs).to.have.members(['reader', 'source'])
    })

    it('by throw throws into the generator', async () => {
      const log: string[] = []
      const { reader } = inMemory(numbers(1_000, log))
      await reader.next()
      const error = new Error('enough')
      expect(await rejection(reader.throw(error))).to.equal(error)
      expect(log.slice(-2)).to.deep.equal(['threw enough', 'finally'])
      expect((await reader.next()).done).to.equal(true)
    })

    it('while next() waits, tells who waits that there is no more', async () => {
      const never = deferred()
      const { reader, clock } = inMemory(numbers(1, [], () => never.promise))
      const waiting = [reader.next(), reader.next()]
      await settle()
      const left = reader.return()
      expect(await Promise.all(waiting)).to.deep.equal([
        { done: true, value: undefined },
        { done: true, value: undefined },
      ])
      // The generator is busy and cannot be ended now; its reader does not wait for it.
      await settle()
      clock.advance(100)
      expect((await left).done).to.equal(true)
    })

    it('waits for a generator that is about to end', async () => {
      const gate = deferred()
      const log: string[] = []
      const { reader } = inMemory(numbers(9, log, (i) => (i === 1 ? gate.promise : undefined)))
      await reader.next()
      const left = reader.return()
      await settle()
      gate.resolve()
      await left
      expect(log.at(-1)).to.equal('finally')
    })

    it('with an error in its finally, rejects with that', async () => {
      async function* generate() {
        try {
          for (;;) yield 'x'.repeat(300)
        } finally {
          await Promise.reject(new RangeError('not closed'))
        }
      }
      const { reader } = inMemory(generate())
      await reader.next()
      expect(await rejection(reader.return())).to.be.an.instanceOf(RangeError)
    })

    it('gives what return() of the iterator gives', async () => {
      const iterator: AsyncIterator<unknown> = {
        next: async () => ({ done: false, value: 'x'.repeat(300) }),
        return: async (value) => ({ done: true, value: [value, new Date(0)] }),
      }
      const { reader } = inMemory(iterator)
      await reader.next()
      expect(await reader.return(7)).to.deep.equal({ done: true, value: [7, new Date(0)] })
    })

    it('of an iterator without return() or throw() just ends', async () => {
      const make = () => inMemory({ next: async () => ({ done: false, value: 'x'.repeat(300) }) })
      const one = make()
      await one.reader.next()
      expect(await one.reader.return(3)).to.deep.equal({ done: true, value: 3 })
      const other = make()
      await other.reader.next()
      expect(await rejection(other.reader.throw(new Error('b')))).to.have.property('message', 'b')
      expect([...one.overs, ...other.overs].sort()).to.deep.equal(['reader', 'reader', 'source', 'source'])
    })

    it('ends a generator that yields on after it was told to end', async () => {
      const log: string[] = []
      async function* generate() {
        try {
          try {
            for (;;) yield 'x'.repeat(300)
          } finally {
            yield 'more'
          }
        } finally {
          log.push('finally')
        }
      }
      const { reader } = inMemory(generate())
      await reader.next()
      expect(await reader.return()).to.deep.equal({ done: true, value: 'more' })
      await settle()
      expect(log).to.deep.equal(['finally'])
    })
  })

  describe('that fails', () => {
    it('brings the items before the error, then the error once', async () => {
      const { reader, errors } = inMemory(
        numbers(9, [], (i) => (i === 4 ? Promise.reject(new TypeError('broken')) : undefined)),
      )
      const read: unknown[] = []
      for (let i = 0; i < 4; i++) read.push((await reader.next()).value)
      expect(read).to.deep.equal([0, 1, 2, 3])
      expect(await rejection(reader.next())).to.be.an.instanceOf(TypeError)
      expect(await reader.next()).to.deep.equal({ done: true, value: undefined })
      expect(errors).to.deep.equal([])
    })

    it('tells the first of those who wait', async () => {
      const { reader } = inMemory(numbers(1, [], () => Promise.reject(new TypeError('broken'))))
      const ends = await Promise.allSettled([reader.next(), reader.next()])
      expect(ends.map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled'])
    })

    it('at an item that cannot be carried names it, after those before it', async () => {
      const log: string[] = []
      async function* generate() {
        try {
          yield 1
          yield { when: new Date(0) }
          yield { rows: [() => 1] }
          yield 4
        } finally {
          log.push('finally')
        }
      }
      const { reader } = inMemory(generate())
      expect((await reader.next()).value).to.equal(1)
      expect((await reader.next()).value).to.deep.equal({ when: new Date(0) })
      const error = (await rejection(reader.next())) as SerializationError
      expect(error).to.be.an.instanceOf(SerializationError)
      expect(error.path).to.equal('items[2].rows[0]')
      expect(log).to.deep.equal(['finally'])
    })

    it('at an item that is too large says so', async () => {
      async function* generate() {
        yield 1
        yield 'x'.repeat(2_000_000)
      }
      const { reader } = inMemory(generate())
      await reader.next()
      expect(await rejection(reader.next())).to.have.property('code', 'ERR_MESSAGE_TOO_LARGE')
    })

    it('when an iterator gives no result', async () => {
      const { reader } = inMemory({ next: async () => 7 as unknown as IteratorResult<unknown> })
      expect(await rejection(reader.next())).to.be.an.instanceOf(TypeError)
    })

    it('when next() of an iterator throws at once', async () => {
      const { reader, overs } = inMemory({
        next: () => {
          throw new RangeError('at once')
        },
      })
      expect(await rejection(reader.next())).to.be.an.instanceOf(RangeError)
      expect(overs.sort()).to.deep.equal(['reader', 'source'])
    })

    it('keeps an error until it is asked for', async () => {
      const gate = deferred()
      const { reader, clock, errors } = inMemory(numbers(2, [], (i) => (i === 1 ? gate.promise : undefined)))
      await reader.next()
      await settle()
      clock.advance(10_000)
      gate.reject(new RangeError('late'))
      await settle()
      expect(errors).to.deep.equal([])
      expect(await rejection(reader.next())).to.be.an.instanceOf(RangeError)
    })
  })

  describe('that is silent', () => {
    it('fails when the first item, or a later one, does not come in time, and ends the producer', async () => {
      for (const [at, ms] of [
        [0, 3_000],
        [1, 5_000],
      ] as const) {
        const never = deferred()
        const { reader, clock, ends, overs } = inMemory(
          numbers(2, [], (i) => (i === at ? never.promise : undefined)),
          {
            firstMs: 3_000,
            idleMs: 5_000,
          },
        )
        for (let read = 0; read < at; read++) await reader.next()
        const waiting = rejection(reader.next())
        await settle()
        clock.advance(ms - 1)
        await settle()
        expect(ends).to.deep.equal([])
        clock.advance(1)
        const error = (await waiting) as TimeoutError
        expect(error).to.be.an.instanceOf(TimeoutError)
        expect([error.timeoutMs, error.operation]).to.deep.equal([ms, 'a stream of calc'])
        expect(ends).to.deep.equal(['return'])
        await settle()
        expect(overs.sort()).to.deep.equal(['reader', 'source'])
        clock.advance(100)
        await settle()
        expect(clock.pending).to.equal(0)
      }
    })

    it('ends when nobody reads it at all', async () => {
      const log: string[] = []
      const { reader, clock, overs } = inMemory(numbers(2, log))
      clock.advance(29_999)
      expect(overs).to.deep.equal([])
      clock.advance(1)
      expect(overs).to.deep.equal(['source'])
      expect(await rejection(reader.next())).to.be.an.instanceOf(ProtocolError)
      expect(log).to.deep.equal([])
    })

    it('tells who waits when its end is closed, and asks the producer for nothing more', async () => {
      const never = deferred()
      const { reader, pulls, ends } = inMemory(numbers(1, [], () => never.promise))
      const waiting = [rejection(reader.next()), reader.next()] as const
      await settle()
      reader.fail(new RangeError('closed'))
      expect(await waiting[0]).to.be.an.instanceOf(RangeError)
      expect((await waiting[1]).done).to.equal(true)
      expect((await reader.next()).done).to.equal(true)
      expect([pulls.length, ends]).to.deep.equal([1, []])
    })

    it('tells its reader why the producer was closed, behind the items that were sent', async () => {
      const never = deferred()
      const log: string[] = []
      const { reader, source } = inMemory(numbers(2, log, (i) => (i === 1 ? never.promise : undefined)))
      await settle()
      const first = reader.next()
      await settle()
      source.end(new RangeError('the server closed'))
      expect((await first).value).to.equal(0)
      expect(await rejection(reader.next())).to.be.an.instanceOf(RangeError)
    })

    it('is over for its producer, whatever return() does', async () => {
      for (const end of [() => new Promise<never>(() => {}), () => Promise.reject(new RangeError('no'))]) {
        let returned = 0
        const { source, overs, errors } = inMemory({
          next: () => new Promise(() => {}),
          return: () => {
            returned++
            return end()
          },
        })
        source.end(new Error('gone'))
        source.end(new Error('gone again'))
        expect(overs).to.deep.equal(['source'])
        await settle()
        expect(returned).to.equal(1)
        expect(errors.length).to.be.lessThan(2)
      }
    })
  })

  describe('with a reader that breaks the rules', () => {
    const pull = (...args: unknown[]) => readPull(args)

    it('refuses what is no pull', () => {
      const bad = [
        [],
        [-1, 1, 1, 1],
        [0.5, 1, 1, 1],
        ['0', 1, 1, 1],
        [0, 0, 1, 1],
        [0, -5, 1, 1],
        [0, 10_001, 1, 1],
        [0, 1, 0, 1],
        [0, 1, 16 * 1024 * 1024 + 1, 1],
        [0, 1, 1, -1],
        [0, 1, 1, 60_001],
        [0, 1, 1, Number.NaN],
        [0, 1, null, 0],
        [2 ** 53, 1, 1, 1],
      ]
      for (const args of bad) expect(() => pull(...args), JSON.stringify(args)).to.throw(ProtocolError)
    })

    const orders: readonly (readonly [string, readonly number[]])[] = [
      ['a pull comes twice', [0, 0]],
      ['a pull comes again later', [0, 1, 0]],
      ['a pull is left out', [2]],
      ['too many are on their way', [0, 1, 2]],
      ['one is too far ahead', [1, 2]],
      ['one comes twice ahead', [1, 1]],
    ]
    for (const [title, seqs] of orders) {
      it(`ends the stream when ${title}`, async () => {
        const log: string[] = []
        const never = deferred()
        const { source, overs } = inMemory(numbers(2, log, () => never.promise))
        const answers = seqs.map((seq) => source.pull(pull(seq, 1, 1_000, 10_000)))
        const ends = await Promise.allSettled(answers)
        expect(ends.at(-1)).to.have.property('status', 'rejected')
        expect(ends.filter((end) => end.status === 'rejected' && !(end.reason instanceof ProtocolError))).to.deep.equal(
          [],
        )
        expect(overs).to.deep.equal(['source'])
        expect(await rejection(source.pull(pull(9, 1, 1, 1)))).to.be.an.instanceOf(ProtocolError)
      })
    }

    it('answers pulls in their order, however they come', async () => {
      const { source } = inMemory(numbers(4))
      const second = source.pull(pull(1, 2, 1_000, 10_000))
      await settle()
      const first = source.pull(pull(0, 2, 1_000, 10_000))
      expect(await Promise.all([first, second])).to.deep.equal(['{"items":[0,1]}', '{"items":[2,3]}'])
      expect(await source.pull(pull(2, 2, 1_000, 10_000))).to.equal('{"items":[],"done":true,"value":"end"}')
    })

    it('answers a pull whose time is over before the one in front of it has come', async () => {
      const { source, clock } = inMemory(numbers(1))
      const second = source.pull(pull(1, 2, 1_000, 5_000))
      clock.advance(5_000)
      expect(await second).to.equal('{"items":[]}')
      expect(await source.pull(pull(0, 1, 1_000, 5_000))).to.equal('{"items":[0]}')
      expect(await source.pull(pull(2, 1, 1_000, 5_000))).to.equal('{"items":[],"done":true,"value":"end"}')
    })

    it('gives no more at once than is kept in case that the answer is lost, however much is asked for', async () => {
      async function* endless(): AsyncGenerator<string> {
        for (;;) yield 'x'.repeat(1_000)
      }
      const { source } = inMemory(endless(), { source: { maxBytes: 16_000_000 } })
      const answer = await source.pull(pull(0, 10_000, 16_000_000, 10))
      expect(answer.length).to.be.within(400_000, 512 * 1024)
      source.end(new Error('the test is over'))
    })

    it('takes from the iterator no more than was asked for', async () => {
      const log: string[] = []
      const { source } = inMemory(numbers(100, log))
      await source.pull(pull(0, 3, 1_000, 10))
      await settle()
      expect(log).to.have.length(3)
    })
  })

  describe('with a producer that breaks the rules', () => {
    const broken: Readonly<Record<string, (text: string) => string>> = {
      'gives more than it was asked for': () => JSON.stringify({ items: Array(10_001).fill(0) }),
      'gives more bytes than it was asked for': () => JSON.stringify({ items: ['x'.repeat(900), 'x'.repeat(900)] }),
      'answers no object': () => '7',
      'answers an array': () => '[]',
      'answers null': () => 'null',
      'sends no items': () => '{"done":true}',
      'sends items that are no array': () => '{"items":{"length":3}}',
      'sends annotations that are none': () => '{"items":[1],"metas":7}',
      'sends annotations of other items': () => '{"items":[1],"metas":{"1":{"values":["bigint"],"v":1}}}',
      'sends annotations of no item': () => '{"items":[1],"metas":{"length":{"values":["bigint"],"v":1}}}',
      'sends annotations of -0': () => '{"items":[1],"metas":{"-0":{"values":["bigint"],"v":1}}}',
      'sends annotations that do not fit': () => '{"items":[1],"metas":{"0":{"values":["map"],"v":1}}}',
      'sends an end that is none': () => '{"items":[],"done":"yes"}',
      'sends a value that does not fit': () => '{"items":[],"done":true,"value":1,"meta":{"values":["map"],"v":1}}',
    }
    for (const [title, onAnswer] of Object.entries(broken)) {
      it(`fails, and ends the producer, when it ${title}`, async () => {
        const log: string[] = []
        const { reader, ends, overs } = inMemory(numbers(1_000_000, log), { onAnswer })
        expect(await rejection(readAll(reader))).to.be.an.instanceOf(ProtocolError)
        expect(ends).to.deep.equal(['return'])
        await until(() => log.includes('finally'))
        expect(overs.sort()).to.deep.equal(['reader', 'source'])
        expect(await reader.next()).to.deep.equal({ done: true, value: undefined })
      })
    }

    it('still gives the items that came before', async () => {
      let answered = 0
      const { reader } = inMemory(numbers(1_000), { onAnswer: (text) => (answered++ < 3 ? text : '{}') })
      const read: unknown[] = []
      const error = await rejection(
        (async () => {
          for await (const item of reader) read.push(item)
        })(),
      )
      expect(error).to.be.an.instanceOf(ProtocolError)
      expect(read.length).to.be.greaterThan(100)
      expect(read).to.deep.equal(range(read.length))
    })

    it('takes an own __proto__ of an answer for no field', async () => {
      const onAnswer = (): string => '{"__proto__":{"items":[1]},"done":true}'
      const { reader } = inMemory(numbers(3), { onAnswer })
      expect(await rejection(reader.next())).to.be.an.instanceOf(ProtocolError)
    })
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
