import { expect } from 'chai'
import fc from 'fast-check'
import { IdMap } from '../../../lib/embedded/data/id-map.ts'

describe('IdMap', () => {
  it('holds what a sorted map holds, whatever the order of changes', () => {
    const step = fc.record({ id: fc.bigInt({ min: 0n, max: 2000n }), remove: fc.boolean() })
    const steps = fc.array(step, { minLength: 500, maxLength: 3000, size: 'max' })
    fc.assert(
      fc.property(steps, fc.bigInt({ min: 0n, max: 2000n }), (changes, start) => {
        const map = new IdMap<string>()
        const model = new Map<bigint, string>()
        for (const [i, { id, remove }] of changes.entries()) {
          // More come than go, so that it grows over several chunks.
          if (remove && i % 3 === 0) expect(map.delete(id)).to.equal(model.delete(id))
          else {
            map.set(id, `${i}`)
            model.set(id, `${i}`)
          }
        }
        const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
        const after = sorted.filter(([id]) => id >= start).map(([, value]) => value)
        expect(map.size).to.equal(model.size)
        expect([...map.from(start)]).to.deep.equal(after)
        expect(map.atOrAfter(start)).to.equal(after[0])
        expect(map.get(start)).to.equal(model.get(start))
        expect([map.first, map.last]).to.deep.equal([sorted[0]?.[1], sorted.at(-1)?.[1]])
      }),
      { numRuns: 20 },
    )
  })

  it('adds a million at its end and removes them at its start, which would take hours if all were moved each time', () => {
    const map = new IdMap<bigint>()
    const count = 1_000_000n
    for (let id = 0n; id < count; id++) map.set(id, id)
    for (let id = 0n; id < count; id++) map.delete(id)
    expect(map.size).to.equal(0)
  })
})
