import { expect } from 'chai'
import { MessageTooLargeError, ProtocolError } from 'redis-object-rpc'
import { signingOf } from '../../lib/rpc/signing.ts'
import { checkSecret } from '../../lib/wire/signature.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

const LIMITS = { maxMessageBytes: 100, maxDepth: 500 }

describe('what an end that has a secret does to messages', () => {
  const make = () => {
    const clock = new ManualClock()
    const errors: Error[] = []
    const secret = checkSecret({ secret: 'correct horse battery staple' })
    const signing = signingOf({ secret, limits: LIMITS, clock, onError: (error) => void errors.push(error) })
    return { clock, errors, signing }
  }

  it('lets those through that it has signed, in their order and as they were', () => {
    const { signing, errors } = make()
    const texts = ['{"id":1}', '{"id":2}', '{"id":3}']
    const signed = texts.map((text) => signing.sign('calc', text))
    expect(signing.accept('calc', [signed[0]!, 'junk', signed[1]!, texts[2]!, signed[2]!])).to.deep.equal(texts)
    expect(signing.unsigned(signed[0]!)).to.equal(texts[0])
    expect(signing.junk).to.equal(2)
    expect(errors).to.have.length(1)
  })

  it('limits what was signed, without the signature', () => {
    const { signing, errors } = make()
    const text = (length: number) => `{"a":"${'x'.repeat(length - 8)}"}`
    expect(signing.accept('calc', [signing.sign('calc', text(100))])).to.deep.equal([text(100)])
    expect(signing.accept('calc', [signing.sign('calc', text(101))])).to.deep.equal([])
    expect(errors[0]).to.be.instanceOf(MessageTooLargeError)
  })

  it('reports the others once in ten seconds, with how many there were', () => {
    const { signing, errors, clock } = make()
    const junk = Array.from({ length: 3_000 }, (_, n) => `{"id":${n}}`)
    expect(signing.accept('calc', junk)).to.deep.equal([])
    clock.advance(9_999)
    signing.accept('calc', ['more'])
    expect(errors).to.have.length(1)
    expect(errors[0]).to.be.instanceOf(ProtocolError)
    expect(errors[0]?.message).to.equal('a message on calc is not signed, and this end has a secret')
    clock.advance(1)
    signing.accept('calc', ['more'])
    expect(errors[1]?.message).to.equal(`${errors[0]?.message}; so were 3000 before it`)
    expect(signing.junk).to.equal(3_002)
  })
})
