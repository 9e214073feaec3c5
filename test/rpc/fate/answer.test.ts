import { expect } from 'chai'
import { ProtocolError } from '../../../lib/errors.ts'
import { type Answer, idsIn, MOST_IDS, readAnswer, testimonyOf } from '../../../lib/rpc/fate/answer.ts'

const SERVER = 'abcdefghijkl'

const answer: Answer = {
  running: [1],
  answered: [2],
  done: [3],
  forgotten: [4],
  reachMs: 1_000,
  gaplessMs: 500,
  settlesMs: 0,
  met: [[SERVER, 10, -1]],
}
const many = <T>(length: number, value: T): T[] => Array.from({ length }, () => value)

describe('an answer to rpc.ask', () => {
  it('is read as it was sent', () => {
    expect(readAnswer(answer)).to.equal(answer)
    expect(readAnswer({ ...answer, reachMs: null, met: [] })).to.include({ reachMs: null })
    const { POSITIVE_INFINITY } = Number
    expect(readAnswer({ ...answer, settlesMs: POSITIVE_INFINITY }), 'not in the table').to.have.property('gaplessMs')
    expect(readAnswer({ ...answer, running: many(MOST_IDS, 1) })).to.have.property('running')
  })

  for (const value of [undefined, null, 5, 'running', [], {}, () => answer])
    it(`is refused when it is ${typeof value === 'function' ? 'a function' : JSON.stringify(value)}`, () => {
      expect(readAnswer(value)).to.equal(undefined)
    })

  for (const field of ['running', 'answered', 'done', 'forgotten'] as const)
    it(`is refused when ${field} is not a list of ids that is short enough`, () => {
      for (const wrong of [undefined, null, {}, '12', { length: 0 }, ['1'], [1.5], [Number.NaN], [2 ** 53], [[1]]])
        expect(readAnswer({ ...answer, [field]: wrong }), String(wrong)).to.equal(undefined)
      expect(readAnswer({ ...answer, [field]: many(MOST_IDS + 1, 1) })).to.equal(undefined)
    })

  for (const field of ['reachMs', 'gaplessMs', 'settlesMs'] as const)
    it(`is refused when ${field} is not a number`, () => {
      for (const wrong of [undefined, '5', {}, [], true, 5n, Number.NaN])
        expect(readAnswer({ ...answer, [field]: wrong }), String(wrong)).to.equal(undefined)
    })

  it('is refused when one of the servers that it names is malformed, or they are too many', () => {
    for (const wrong of [
      undefined,
      {},
      [SERVER],
      [[]],
      [[SERVER, 1]],
      [[SERVER, 1, 1, 1]],
      [[7, 1, 1]],
      [['short', 1, 1]],
      [[`${SERVER}\n`, 1, 1]],
      [[SERVER, '1', 1]],
      [[SERVER, 1, null]],
      [[SERVER, Number.NaN, 1]],
      [
        [SERVER, 1, 1],
        [SERVER, 1, Number.POSITIVE_INFINITY],
      ],
      many(2_001, [SERVER, 1, 1]),
    ])
      expect(readAnswer({ ...answer, met: wrong }), JSON.stringify(wrong)?.slice(0, 60)).to.equal(undefined)
  })

  it('says of each call what the server knows about it', () => {
    expect([1, 2, 3, 4].map((id) => testimonyOf(answer, id, 100))).to.deep.equal([
      'running',
      'answered',
      'done',
      'forgotten',
    ])
    expect(testimonyOf(answer, 5, 1_001), 'older than its memory').to.equal('forgotten')
    expect(testimonyOf(answer, 5, 501), 'older than its sight').to.equal('unknown-here')
    expect(testimonyOf(answer, 5, 500)).to.equal('unknown')
    expect(testimonyOf({ ...answer, reachMs: null, gaplessMs: 1e6 }, 5, 10_000)).to.equal('unknown')
  })
})

describe('the ids in a question or a notice', () => {
  it('are whole numbers', () => {
    expect(idsIn([])).to.deep.equal([])
    expect(idsIn([1, -1])).to.deep.equal([1, -1])
    for (const wrong of [undefined, null, '1', { 0: 1, length: 1 }, ['1'], [0.5], [2 ** 53]])
      expect(() => idsIn(wrong), String(wrong)).to.throw(ProtocolError, 'whole numbers')
  })
})
