import { expect } from 'chai'
import fc from 'fast-check'
import { IntSet } from '../../../lib/embedded/data/int-set.ts'

const integer = fc.oneof(fc.bigInt({ min: -20n, max: 20n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))

describe('IntSet', () => {
  it('holds what a set of big integers holds, in ascending order', () => {
    const change = fc.record({ value: integer, remove: fc.boolean() })
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const set = new IntSet()
        const model = new Set<bigint>()
        for (const { value, remove } of changes) {
          const known = model.has(value)
          expect(set.has(`${value}`)).to.equal(known)
          if (remove) expect(set.delete(`${value}`)).to.equal(known)
          else expect(set.add(`${value}`)).to.equal(!known)
          if (remove) model.delete(value)
          else model.add(value)
        }
        const sorted = [...model].sort((a, b) => (a < b ? -1 : 1))
        expect(set.members).to.deep.equal(sorted.map(String))
      }),
    )
  })
})
