import { expect } from 'chai'
import fc from 'fast-check'
import { BegunIds } from '../../../lib/rpc/serving/begun-ids.ts'

const LONGEST_SPAN = 1_048_576

describe('the ids of calls that were begun', () => {
  it('never deny one that was added, whatever the order and the gaps', () => {
    const step = fc.oneof(fc.integer({ min: -2_000, max: 3_000 }), fc.integer({ min: -2_000_000, max: 2_000_000 }))
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.array(step, { minLength: 1, maxLength: 300 }), (first, steps) => {
        const ids = new BegunIds(first)
        const added = new Set<number>()
        let id = first
        for (const by of steps) {
          id = Math.max(0, id + by)
          ids.add(id)
          added.add(id)
          expect(ids.has(id)).to.not.equal(false)
        }
        for (const each of added) {
          expect(ids.has(each), `${each}`).to.not.equal(false)
          for (const other of [each - 1, each + 1, each + 1_024, each - 1_024])
            if (other >= 0 && !added.has(other)) expect(ids.has(other), `${other}`).to.not.equal(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('are kept as far as the longest span, when they count up', () => {
    const ids = new BegunIds(1)
    for (let id = 1; id <= LONGEST_SPAN; id++) ids.add(id)
    expect(ids.has(LONGEST_SPAN)).to.equal(true)
    expect(ids.has(LONGEST_SPAN / 2)).to.equal(true)
    expect(ids.has(1)).to.equal(undefined)
    expect(ids.has(LONGEST_SPAN + 1)).to.equal(false)
  })

  it('below the first that came are unknown until one of them is begun', () => {
    const ids = new BegunIds(100_000)
    expect(ids.has(5)).to.equal(false)
    ids.add(7)
    expect([ids.has(5), ids.has(7), ids.has(8)]).to.deep.equal([undefined, undefined, false])
  })

  it('that a caller spreads widely cost no memory: the old ones are forgotten instead', () => {
    const ids = new BegunIds(0)
    for (let id = 0; id < 100_000_000; id += 1_000_000) ids.add(id)
    expect(ids.has(99_000_000)).to.equal(true)
    expect(ids.has(0)).to.equal(undefined)
  })
})
