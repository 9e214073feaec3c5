import { expect } from 'chai'
import { ProtocolError } from '../../lib/errors.ts'
import { readPropertyAnswer } from '../../lib/wire/property-answer.ts'

describe('the answer to rpc.get', () => {
  it('is a value, whatever that is, or what the name means instead', () => {
    for (const answer of [
      { value: undefined },
      { value: { kind: 'method' } },
      { kind: 'method' },
      { kind: 'namespace' },
    ])
      expect(readPropertyAnswer(answer)).to.deep.equal(answer)
  })

  it('is refused when it is neither', () => {
    const inherited = Object.create({ value: 1 }) as object
    for (const answer of [undefined, null, 5, 'value', {}, [], { kind: 'value' }, { kind: ['method'] }, inherited])
      expect(() => readPropertyAnswer(answer)).to.throw(ProtocolError, 'neither a value nor a kind')
  })
})
