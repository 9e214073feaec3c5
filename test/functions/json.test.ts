import { expect } from 'chai'
import { SerializationError } from '../../lib/errors.ts'
import { encodeJson, encodePlainJson } from '../../lib/functions/json.ts'
import { Codec } from '../../lib/wire/codec.ts'

const codec = new Codec()
const shared = { city: 'Gdynia' }

describe('JSON of arguments', () => {
  for (const [value, json] of [
    [{}, '{}'],
    [{ a: 1, b: ['x', null, true] }, '{"a":1,"b":["x",null,true]}'],
    [{ a: undefined, b: { c: undefined } }, '{"b":{}}'],
    [{ a: -0, b: [-0] }, '{"a":0,"b":[0]}'],
    [{ from: shared, to: shared }, '{"from":{"city":"Gdynia"},"to":{"city":"Gdynia"}}'],
  ] as const) {
    it(`is ${json}`, () => {
      expect(encodePlainJson(value, 'kw', codec)).to.equal(json)
    })
  }

  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  const braid: { left?: unknown; right?: unknown } = {}
  braid.left = { back: braid }
  braid.right = { back: braid }
  for (const [what, value, path] of [
    ['a Date', { at: new Date(0) }, 'kw.at'],
    ['a Map deep down', { a: { b: [new Map()] } }, 'kw.a.b.0'],
    ['NaN', { n: Number.NaN }, 'kw.n'],
    ['undefined in an array', { list: [undefined] }, 'kw.list.0'],
    ['a bigint', { n: 1n }, 'kw.n'],
    ['a cycle', cyclic, 'kw'],
    ['many cycles', braid, 'kw'],
    ['a function', { f: () => 1 }, 'kw.f'],
    ['a promise', { p: Promise.resolve() }, 'kw.p'],
  ] as const) {
    it(`there is none of ${what}: the error names ${path}`, () => {
      expect(() => encodePlainJson(value, 'kw', codec))
        .to.throw(SerializationError)
        .with.property('path', path)
    })
  }

  it('leaves the value as it was', () => {
    const value = Object.freeze({ a: undefined, b: Object.freeze([-0]) })
    encodePlainJson(value, 'kw', codec)
    expect(Object.is(value.b[0], -0)).to.equal(true)
  })

  it('of what shares its parts without end does not take for ever', () => {
    let value: unknown = { deep: new Date(0) }
    for (let i = 0; i < 22; i++) value = { a: value, b: value }
    expect(() => encodeJson(value, 'res', codec)).to.not.throw()
  }).timeout(60_000)
})
