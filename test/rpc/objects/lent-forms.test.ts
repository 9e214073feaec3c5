import { expect } from 'chai'
import { ReferenceLimitError } from '../../../lib/errors.ts'
import { ReferenceClasses, ref } from '../../../lib/rpc/objects/by-reference.ts'
import { Lent } from '../../../lib/rpc/objects/lent.ts'
import { LentForms, originalOf } from '../../../lib/rpc/objects/lent-forms.ts'
import { LentObject } from '../../../lib/rpc/objects/lent-object.ts'
import { LentStream } from '../../../lib/rpc/objects/lent-stream.ts'
import { systemClock } from '../../../lib/util/clock.ts'
import { Codec } from '../../../lib/wire/codec.ts'
import { DEFAULT_LIMITS } from '../../../lib/wire/limits.ts'

const REPLY = { to: 'client:A', isRequest: false }

describe('which values are lent', () => {
  let lent: Lent
  let forms: LentForms
  let errors: Error[]
  beforeEach(() => {
    errors = []
    const codec = new Codec({ limits: DEFAULT_LIMITS })
    const onError = (error: Error) => void errors.push(error)
    lent = new Lent({
      maxReferences: 2,
      maxStreams: 1,
      of: 'the server of calc',
      isServer: () => false,
      onEnd: (thing) => forms.ended(thing),
      onBorrowed: () => {},
    })
    forms = new LentForms({
      service: 'calc',
      own: 'server:A',
      lent,
      classes: new ReferenceClasses(),
      codec: () => codec,
      makeStream: (value, form) =>
        new LentStream(value, form, undefined, {
          codec,
          clock: systemClock,
          onError,
          firstPullMs: Number.POSITIVE_INFINITY,
          onOver: (stream) => lent.endOf(stream),
          leaving: new Set(),
        }),
      onLent: () => {},
      onError,
    })
  })

  it('copies plain objects', () => {
    expect(forms.lend({ a: 1 }, REPLY)).to.equal(undefined)
    expect(lent.size).to.equal(0)
  })

  it('lends the same object again under the same number', () => {
    const object = ref({ next: () => 1 })
    const [first, second] = [forms.lend(object, REPLY), forms.lend(object, REPLY)]
    expect(first?.kind).to.equal('Reference')
    expect(second?.handle.id).to.equal(first?.handle.id)
    expect(second?.handle.loan).not.to.equal(first?.handle.loan)
    expect(forms.reference(object)).to.be.instanceOf(LentObject)
  })

  it('lends nothing for a signal that has fired', () => {
    const lentHandle = forms.lend(AbortSignal.abort('enough'), REPLY)
    expect(lentHandle?.handle).to.include({ at: 'server:A', aborted: true, reason: 'enough' })
    expect(lent.size).to.equal(0)
  })

  it('ends a stream for which there is no room', async () => {
    const endings: string[] = []
    async function* numbers() {
      yield 1
    }
    const refused = numbers()
    refused.return = async () => {
      endings.push('returned')
      return { done: true, value: undefined }
    }
    expect(forms.lend(numbers(), REPLY)?.handle).to.include({ form: 'iterable' })
    expect(() => forms.lend(refused, REPLY)).to.throw(ReferenceLimitError)
    expect(endings).to.deep.equal(['returned'])
  })

  it('gives back the value that was lent', () => {
    const object = ref({ next: () => 1 })
    const call = () => 1
    const { signal } = new AbortController()
    for (const value of [object, call, signal]) {
      const id = forms.lend(value, REPLY)?.handle.id ?? 0
      expect(originalOf(lent.use(id, undefined)?.object ?? {})).to.equal(value)
      lent.dropBorrower('client:A')
    }
  })

  it('disposes of an object when its last loan ends', () => {
    let disposed = 0
    const object = ref({ [Symbol.dispose]: () => void disposed++ })
    forms.lend(object, REPLY)
    forms.lend(object, REPLY)
    expect(disposed).to.equal(0)
    lent.dropBorrower('client:A')
    expect(disposed).to.equal(1)
    expect(errors).to.deep.equal([])
  })
})
