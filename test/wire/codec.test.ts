import { expect } from 'chai'
import { Codec } from '../../lib/wire/codec.ts'

const codec = new Codec()

function travel(value: unknown): unknown {
  const encoded = codec.encode(value, 'value')
  return typeof encoded === 'string'
    ? codec.decode(JSON.parse(encoded), undefined)
    : codec.decode(JSON.parse(encoded.json), JSON.parse(encoded.meta))
}

describe('codec', () => {
  it('carries plain JSON as plain JSON', () => {
    expect(codec.encode({ a: [1, 'x', null, true], constructor: 'Bob' }, 'value')).to.equal(
      '{"a":[1,"x",null,true],"constructor":"Bob"}',
    )
  })

  it('carries what JSON cannot', () => {
    const value = { when: new Date(0), big: 5n, nothing: undefined, map: new Map([[1, new Set([Number.NaN])]]) }
    expect(travel(value)).to.deep.equal(value)
  })
})
