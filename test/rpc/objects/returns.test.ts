import { expect } from 'chai'
import { ProtocolError } from '../../../lib/errors.ts'
import { readReturns, returnsArgs } from '../../../lib/rpc/objects/returns.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number)

describe('what gives loans back', () => {
  it('is read as it was sent', () => {
    const returns = { returned: [1, 2], kept: [3] }
    const [args] = returnsArgs('own', returns)
    expect(args?.[0]).to.equal('own')
    expect(readReturns(args!.slice(1))).to.deep.equal(returns)
  })

  it('goes into as many messages as it needs', () => {
    const returns = { returned: upTo(2_500), kept: upTo(1_001) }
    const messages = [...returnsArgs('own', returns)].map(([, ...loans]) => readReturns(loans))
    expect(messages).to.have.length(3)
    expect(messages.flatMap(({ returned }) => returned)).to.deep.equal(returns.returned)
    expect(messages.flatMap(({ kept }) => kept)).to.deep.equal(returns.kept)
    expect([...returnsArgs('own', { returned: [], kept: [] })]).to.deep.equal([])
  })

  it('is refused when the loans are not whole numbers, or too many', () => {
    for (const wrong of [null, 5, '1', {}, { length: 0 }, ['1'], [1.5], [Number.NaN], [[1]], upTo(1_001)]) {
      expect(() => readReturns([wrong]), 'returned').to.throw(ProtocolError)
      expect(() => readReturns([[], wrong]), 'kept').to.throw(ProtocolError)
    }
    expect(() => readReturns([])).to.throw(ProtocolError)
    expect(readReturns([[], undefined])).to.deep.equal({ returned: [], kept: [] })
  })
})
