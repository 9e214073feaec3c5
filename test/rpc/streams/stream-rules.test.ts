import { expect } from 'chai'
import { ProtocolError } from '../../../lib/errors.ts'
import { readPull } from '../../../lib/rpc/streams/messages.ts'
import { deferred } from '../../../lib/util/deferred.ts'
import { rejection } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'
import { inMemory } from './in-memory.ts'
import { numbers, range, readAll, settle } from './numbers.ts'

describe('a stream', () => {
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

    it('gives the items before the first that does not fit, and the reason of that', async () => {
      const metas = { 1: { values: ['bigint'], v: 1 }, 2: { values: ['map'], v: 1 } }
      const onAnswer = (): string => JSON.stringify({ items: ['1', 'x', 'y', '2'], metas })
      const { reader } = inMemory(numbers(3), { onAnswer })
      expect(await reader.next()).to.deep.equal({ done: false, value: '1' })
      expect(await rejection(reader.next()))
        .to.have.property('message')
        .that.includes('bigint')
      reader.fail(new Error('too late'))
      expect(await reader.next()).to.deep.equal({ done: true, value: undefined })
    })

    it('takes an own __proto__ of an answer for no field', async () => {
      const onAnswer = (): string => '{"__proto__":{"items":[1]},"done":true}'
      const { reader } = inMemory(numbers(3), { onAnswer })
      expect(await rejection(reader.next())).to.be.an.instanceOf(ProtocolError)
    })
  })
})
