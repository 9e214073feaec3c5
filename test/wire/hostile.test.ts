import { expect } from 'chai'
import fc from 'fast-check'
import { ProtocolError } from '../../lib/errors.ts'
import { Codec } from '../../lib/wire/codec.ts'
import { decodeFailure } from '../../lib/wire/failure.ts'
import { graph } from './graphs.ts'
import { CLASSES, Point } from './vectors.ts'

const codec = new Codec({ classes: CLASSES })

/** Decodes what a test gives as text, as it would come in. */
function decode(json: unknown, meta: unknown): unknown {
  return codec.decode(JSON.parse(JSON.stringify(json)), JSON.parse(JSON.stringify(meta)))
}

/** What a hostile peer might pollute. */
const PROTOTYPES = [Object, Array, Map, Set, Date, Error, TypeError, Function, RegExp, URL, Buffer, Point].map(
  ({ prototype }): object => prototype,
)

function shapes(): string[] {
  return PROTOTYPES.map((prototype) => JSON.stringify([Reflect.ownKeys(prototype).map(String)]))
}

describe('hostile meta', () => {
  for (const [json, meta] of [
    [1, 5],
    [1, []],
    [1, {}],
    [1, { v: 2 }],
    [1, { v: 1, values: 5 }],
    [1, { v: 1, values: null }],
    [1, { v: 1, values: [] }],
    [1, { v: 1, values: ['map'] }],
    [1, { v: 1, values: ['nope'] }],
    [1, { v: 1, values: ['toString'] }],
    [1, { v: 1, values: [['class', 'constructor']] }],
    [1, { v: 1, values: [['class', 'Object']] }],
    [1, { v: 1, values: [['class', '__proto__']] }],
    [1, { v: 1, values: [['custom', 'toString']] }],
    [1, { v: 1, values: [['symbol', 'iterator']] }],
    [1, { v: 1, values: [['typed-array', 'Array']] }],
    ['x', { v: 1, values: [['custom', 'Buffer', 'more']] }],
    [{}, { v: 1, values: ['undefined'] }],
    [{}, { v: 1, values: { a: ['undefined'] } }],
    [{}, { v: 1, values: { toString: ['undefined'] } }],
    [{}, { v: 1, values: { 'constructor.prototype.x': ['undefined'] } }],
    [{ a: {} }, { v: 1, values: { 'a.__proto__.x': ['undefined'] } }],
    [{ a: 'text' }, { v: 1, values: { 'a.length': ['undefined'] } }],
    [[1], { v: 1, values: { length: ['undefined'] } }],
    [[1], { v: 1, values: { '00': ['undefined'] } }],
    [[1], { v: 1, values: { '1': ['undefined'] } }],
    [[1], { v: 1, values: { '1e0': ['undefined'] } }],
    [[1], { v: 1, values: { '-1': ['undefined'] } }],
    [{ a: 1 }, { v: 1, values: { 'a\\': ['undefined'] } }],
    [{ a: 1 }, { v: 1, values: { 'a\\x': ['undefined'] } }],
    [{ a: '1' }, { v: 1, values: { a: ['bigint', {}, {}] } }],
    [{ a: { b: 1 } }, { v: 1, values: { a: ['map', { b: ['undefined'] }] } }],
    [[1], { v: 1, values: ['map'] }],
    [[[1]], { v: 1, values: ['map'] }],
    [[[1, 2, 3]], { v: 1, values: ['map'] }],
    ['1.5', { v: 1, values: ['bigint'] }],
    ['', { v: 1, values: ['bigint'] }],
    ['0x10', { v: 1, values: ['bigint'] }],
    ['9'.repeat(20_000), { v: 1, values: ['bigint'] }],
    [5, { v: 1, values: ['bigint'] }],
    ['1', { v: 1, values: ['number'] }],
    ['constructor', { v: 1, values: ['number'] }],
    ['yesterday', { v: 1, values: ['Date'] }],
    ['1970', { v: 1, values: ['Date'] }],
    [0, { v: 1, values: ['Date'] }],
    ['+275760-09-13T00:00:00.000+00:00', { v: 1, values: ['Date'] }],
    ['/(/', { v: 1, values: ['regexp'] }],
    ['/a/zz', { v: 1, values: ['regexp'] }],
    ['/a/ig', { v: 1, values: ['regexp'] }],
    ['//g', { v: 1, values: ['regexp'] }],
    ['a', { v: 1, values: ['regexp'] }],
    ['', { v: 1, values: ['regexp'] }],
    [`/${'\\w'.repeat(5_000)}/iu`, { v: 1, values: ['regexp'] }],
    ['/\\p{RGI_Emoji}/iv', { v: 1, values: ['regexp'] }],
    ['1.5/a/g', { v: 1, values: [['custom', 'RegExp']] }],
    ['0/a/g', { v: 1, values: [['custom', 'RegExp']] }],
    ['/a/g', { v: 1, values: [['custom', 'RegExp']] }],
    ['1/(/g', { v: 1, values: [['custom', 'RegExp']] }],
    ['1e99/a/g', { v: 1, values: [['custom', 'RegExp']] }],
    ['x', { v: 1, values: ['URL'] }],
    ['HTTP://A', { v: 1, values: ['URL'] }],
    [`http://${'é'.repeat(100)}/`, { v: 1, values: ['URL'] }],
    [`http://${'%C3%A9'.repeat(1_000)}/`, { v: 1, values: ['URL'] }],
    ['===', { v: 1, values: [['custom', 'Buffer']] }],
    ['a', { v: 1, values: [['custom', 'Buffer']] }],
    ['!!!!', { v: 1, values: [['custom', 'Buffer']] }],
    [1e9, { v: 1, values: [['custom', 'ArrayBuffer']] }],
    [{ length: 1e9 }, { v: 1, values: [['custom', 'Uint8Array']] }],
    ['AAA=', { v: 1, values: [['custom', 'Float64Array']] }],
    [5, { v: 1, values: [['custom', 'null-prototype']] }],
    [
      { at: 'calc', id: 1, loan: 1 },
      { v: 1, values: [['custom', 'Function']] },
    ],
    [[], { v: 1, values: [['class', 'Point']] }],
    [{ double: 5 }, { v: 1, values: [['class', 'Point']] }],
    [{ constructor: 5 }, { v: 1, values: [['class', 'Point']] }],
    [{ name: 'Error' }, { v: 1, values: [['custom', 'Error']] }],
    [
      { name: 'Error', message: {} },
      { v: 1, values: [['custom', 'Error']] },
    ],
    [
      { name: 'Error', message: '', type: 5 },
      { v: 1, values: [['custom', 'Error']] },
    ],
    [
      { name: 'Error', message: '', fields: [] },
      { v: 1, values: [['custom', 'Error']] },
    ],
    [
      { name: 'Error', message: '', errors: 5 },
      { v: 1, values: [['custom', 'Error']] },
    ],
    [
      { name: 'Error', message: '', omitted: [5] },
      { v: 1, values: [['custom', 'Error']] },
    ],
    [{}, { v: 1, referentialEqualities: 5 }],
    [{}, { v: 1, referentialEqualities: [] }],
    [{}, { v: 1, referentialEqualities: [[], {}, {}] }],
    [{}, { v: 1, referentialEqualities: [['a']] }],
    [{}, { v: 1, referentialEqualities: [['__proto__']] }],
    [{}, { v: 1, referentialEqualities: { a: ['b'] } }],
    [{ a: {} }, { v: 1, referentialEqualities: { a: ['b'] } }],
    [{ a: {} }, { v: 1, referentialEqualities: { a: 'b' } }],
    [
      { a: {}, b: 1 },
      { v: 1, referentialEqualities: { a: [5] } },
    ],
    [{ a: {} }, { v: 1, referentialEqualities: { constructor: ['a'] } }],
    [{ a: {} }, { v: 1, referentialEqualities: { 'a.constructor': ['a'] } }],
    [{ a: {} }, { v: 1, referentialEqualities: { a: ['__proto__.x'] } }],
    [{ a: {} }, { v: 1, referentialEqualities: { a: ['constructor.prototype'] } }],
    [['AAAA', null], { v: 1, values: { 0: [['custom', 'Buffer']] }, referentialEqualities: { '0.0': ['1'] } }],
    [['x', null], { v: 1, referentialEqualities: { '0.length': ['1'] } }],
  ] as const) {
    it(`is refused: ${JSON.stringify(meta).slice(0, 80)} for ${JSON.stringify(json).slice(0, 40)}`, () => {
      const before = shapes()
      expect(() => decode(json, meta)).to.throw(ProtocolError)
      expect(shapes()).to.deep.equal(before)
    })
  }

  it('is refused also where it holds what was revived before, which JSON does not carry', () => {
    for (const type of [5n, ['custom', 5n], ['class', 'Point', 5n]])
      expect(() => codec.decode(1, { v: 1, values: [type] })).to.throw(ProtocolError)
  })

  it('is refused with a short message', () => {
    const path = 'x'.repeat(100_000)
    expect(() => decode({}, { v: 1, values: { [path]: ['Date'] } })).to.throw(ProtocolError, /^.{1,200}$/)
    expect(() => decode({}, { v: 1, values: [path] })).to.throw(ProtocolError, /^.{1,200}$/)
  })

  it('builds a value or is refused, and changes nothing else', () => {
    const before = shapes()
    const name = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'length', 'a', '0', '1', 'v', '')
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('.'))
    const kind = fc.constantFrom(
      'undefined',
      'bigint',
      'Date',
      'regexp',
      'set',
      'map',
      'number',
      'URL',
      'Error',
      'nope',
    )
    const custom = fc.constantFrom(
      'Error',
      'Buffer',
      'Int8Array',
      'null-prototype',
      'InvalidDate',
      'RegExp',
      'toString',
    )
    const type = fc.oneof(
      kind,
      fc.tuple(
        fc.constantFrom('class', 'custom', 'symbol', 'typed-array'),
        fc.oneof(custom, name, fc.constant('Point')),
      ),
      fc.jsonValue(),
    )
    const { values, json } = fc.letrec<{ values: unknown; notes: unknown; json: unknown }>((tie) => ({
      notes: fc.dictionary(path, tie('values'), { maxKeys: 4 }),
      values: fc.oneof({ maxDepth: 4 }, fc.tuple(type), fc.tuple(type, tie('notes')), tie('notes')),
      json: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, 1, '1', '', 'NaN', '/a/', 'AAAA', '1970-01-01T00:00:00.000Z'),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(name, tie('json'), { maxKeys: 3 }),
        fc.record({ name: fc.string(), message: fc.string(), fields: tie('json'), cause: tie('json') }),
      ),
    }))
    const paths = fc.array(path, { maxLength: 3 })
    const some = fc.dictionary(path, paths, { maxKeys: 3 })
    const equalities = fc.oneof(some, fc.tuple(paths), fc.tuple(paths, some), fc.jsonValue())
    const meta = fc.record({ v: fc.constant(1), values, referentialEqualities: equalities }, { requiredKeys: ['v'] })
    let built = 0
    fc.assert(
      fc.property(json, meta, (someJson, someMeta) => {
        try {
          decode(someJson, someMeta)
          built++
        } catch (error) {
          expect(error).to.be.instanceOf(ProtocolError)
        }
        const failure = { exception: 'E: x', error: JSON.parse(JSON.stringify(someJson)), meta: someMeta }
        const thrown = decodeFailure(failure, codec)
        if (thrown instanceof Error) expect(thrown.stack).to.be.a('string')
      }),
      { numRuns: 2_000 },
    )
    expect(built).to.be.greaterThan(20)
    expect(shapes()).to.deep.equal(before)
  })

  it('that was an honest one until a piece was changed builds a value or is refused', () => {
    const piece = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('map', 'set', 'Date', '0', 'a', ['class', 'Point'], '__proto__'),
    )
    fc.assert(
      fc.property(graph, fc.nat(), piece, fc.boolean(), (value, at, replacement, inMeta) => {
        const encoded = codec.encode(value, 'value')
        if (typeof encoded === 'string') return
        const json: unknown = JSON.parse(encoded.json)
        const meta: unknown = JSON.parse(encoded.meta)
        replaceSomewhere(inMeta ? meta : json, at, replacement)
        try {
          codec.decode(json, meta)
        } catch (error) {
          expect(error).to.be.instanceOf(ProtocolError)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

function replaceSomewhere(root: unknown, at: number, replacement: unknown): void {
  const places: [Record<string, unknown>, string][] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key])
      visit((value as Record<string, unknown>)[key])
    }
  }
  visit(root)
  const place = places[at % places.length]
  if (place !== undefined) place[0][place[1]] = replacement
}
