import { expect } from 'chai'
import { ProtocolError } from '../../../lib/errors.ts'
import { hasFailedKept, KeptReplies } from '../../../lib/rpc/once/kept-replies.ts'
import { Codec } from '../../../lib/wire/codec.ts'
import { failureText } from '../../../lib/wire/reply.ts'

describe('replies that are kept', () => {
  const codec = new Codec()
  const kept = new KeptReplies(codec, (address, thrown) => failureText(address, thrown, codec, false))

  it('are values, of any type that can be sent', () => {
    expect(kept.ofValue(4)).to.equal('"return_value":4}')
    for (const value of [undefined, new Date(0)]) expect(kept.ofValue(value)).to.match(/^"return_value":.*"meta":.*\}$/)
    expect(hasFailedKept(kept.ofValue(4))).to.equal(false)
    expect(kept.thrownIn(kept.ofValue(4))).to.equal(undefined)
  })

  it('are errors, also where the value cannot be sent', () => {
    for (const [reply, code, name] of [
      [kept.ofFailure(new RangeError('sold out')), undefined, 'RangeError'],
      [kept.ofValue(() => 1), 'ERR_SERIALIZATION', 'SerializationError'],
    ] as const) {
      expect(hasFailedKept(reply)).to.equal(true)
      const thrown = kept.thrownIn(reply) as Error & { code?: string }
      expect([thrown.name, thrown.code]).to.deep.equal([name, code])
    }
  })

  it('that somebody else has written may be none', () => {
    expect(kept.thrownIn('junk')).to.be.instanceOf(ProtocolError)
  })
})
