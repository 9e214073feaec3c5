import { expect } from 'chai'
import { ProtocolError } from '../../lib/errors.ts'
import { isHandleKind, readHandle } from '../../lib/wire/handle.ts'

const handle = { at: 'calc:rpc:V1StGXR8_Z5j', id: 1, loan: 2 }

describe('a handle', () => {
  it('is read with the fields of its kind', () => {
    for (const given of [handle, { ...handle, id: 0, loan: 0 }, { ...handle, aborted: true }])
      expect(readHandle(given)).to.equal(given)
  })

  for (const json of [undefined, null, 5, 'calc', true, [], [handle], {}])
    it(`is refused when it is ${JSON.stringify(json)}`, () => {
      expect(() => readHandle(json)).to.throw(ProtocolError, 'a handle is malformed')
    })

  it('is refused when its address is no list of an endpoint', () => {
    for (const at of [undefined, null, 7, {}, ['a'], 'x'.repeat(513)])
      expect(() => readHandle({ ...handle, at }), String(at).slice(0, 20)).to.throw(ProtocolError)
  })

  for (const field of ['id', 'loan'])
    it(`is refused when its ${field} is not a whole number from 0 on`, () => {
      for (const wrong of [undefined, null, '1', {}, [1], true, -1, 0.5, 2 ** 53, Number.POSITIVE_INFINITY, Number.NaN])
        expect(() => readHandle({ ...handle, [field]: wrong }), String(wrong)).to.throw(ProtocolError)
    })

  it('has one of four kinds, and none that an object inherits', () => {
    for (const kind of ['Function', 'Reference', 'Stream', 'AbortSignal']) expect(isHandleKind(kind)).to.equal(true)
    for (const kind of ['', 'function', 'constructor', '__proto__', 'Error'])
      expect(isHandleKind(kind), kind).to.equal(false)
  })
})
