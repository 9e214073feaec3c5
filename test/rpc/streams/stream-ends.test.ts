import { expect } from 'chai'
import { ProtocolError, SerializationError, TimeoutError } from '../../../lib/errors.ts'
import { deferred } from '../../../lib/util/deferred.ts'
import { rejection } from '../../helpers/pair.ts'
import { inMemory } from './in-memory.ts'
import { numbers, settle } from './numbers.ts'

describe('a stream', () => {
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

    it('by throw calls return() of an iterator that has no throw()', async () => {
      const log: string[] = []
      const iterator: AsyncIterator<number> = {
        next: async () => ({ done: false, value: 1 }),
        return: async () => {
          log.push('return')
          return { done: true, value: undefined }
        },
      }
      const { reader } = inMemory(iterator)
      await reader.next()
      expect(await rejection(reader.throw(new Error('enough')))).to.have.property('message', 'enough')
      expect(log).to.deep.equal(['return'])
    })

    it('brings what it returned by itself where there is no room for it behind the items', async () => {
      async function* two(): AsyncGenerator<string, string> {
        yield 'x'.repeat(300)
        return 'y'.repeat(900)
      }
      const { reader, answers } = inMemory(two())
      expect((await reader.next()).value).to.equal('x'.repeat(300))
      expect(await reader.next()).to.deep.equal({ done: true, value: 'y'.repeat(900) })
      expect(answers.filter((text) => text.includes('y'))).to.have.lengthOf(1)
      expect(answers.some((text) => text.includes('x') && text.includes('y'))).to.equal(false)
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

    it('at an item that cannot be sent names it, after those before it', async () => {
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
})
