import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { SerializationError } from '../../lib/errors.ts'
import { encodeJson } from '../../lib/functions/json.ts'
import { Codec, type RichText } from '../../lib/wire/codec.ts'
import { decodeFailure, encodeFailure } from '../../lib/wire/failure.ts'
import { expectSame } from './same.ts'

/** Evaluated here and in a context of its own, what arrives is the same. */
const SOURCES: readonly string[] = [
  '[1, "x", [null]]',
  '({ a: [1, { b: undefined }] })',
  'Object.assign(Object.create(null), { a: 1n })',
  'new Map()',
  'new Map([[{ k: 1 }, new Map([[1, new Set([2])]])]])',
  'new Set(["a", [1]])',
  'new Date(1e12)',
  'new Date(NaN)',
  '/a.b/giu',
  'Object.assign(/a/g, { lastIndex: 3 })',
  '10n ** 30n',
  '[NaN, -0, Infinity, undefined, true]',
  'new ArrayBuffer(3)',
  'new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1)',
  'new Uint8Array([1, 2, 3]).subarray(1)',
  ...['Uint8Clamped', 'Int8', 'Uint16', 'Int16', 'Uint32', 'Int32', 'Float32', 'Float64'].map(
    (kind) => `new ${kind}Array([0, 1, 100])`,
  ),
  'new BigUint64Array([2n ** 64n - 1n])',
  'new BigInt64Array([-1n])',
  ...['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError'].map(
    (kind) => `Object.assign(new ${kind}("no", { cause: new Map() }), { code: "E" })`,
  ),
  'new AggregateError([new TypeError("a"), 1], "b")',
  '(() => { const a = { m: new Map() }; a.m.set("self", a); return [a, a.m] })()',
]

const codec = new Codec()

function travel(value: unknown): unknown {
  const encoded = codec.encode(value, 'value')
  if (typeof encoded === 'string') return codec.decode(JSON.parse(encoded), undefined)
  return codec.decode(JSON.parse(encoded.json), JSON.parse(encoded.meta))
}

describe('values of another realm', () => {
  for (const source of SOURCES) {
    it(`arrive: ${source}`, () => {
      const local: unknown = runInThisRealm(source)
      const foreign: unknown = runInNewContext(source)
      expectSame(travel(foreign), local)
      const [encoded, expected] = [codec.encode(foreign, 'value'), codec.encode(local, 'value')]
      if (!source.includes('Error')) expect(encoded).to.deep.equal(expected)
    })
  }

  it('arrive when they are thrown, without a change of class', () => {
    for (const kind of ['Error', 'TypeError', 'RangeError']) {
      const thrown: unknown = runInNewContext(`Object.assign(new ${kind}('no'), { code: 'E', at: new Date(0) })`)
      const { exception, error, meta } = encodeFailure(thrown, codec, { exposeStacks: true })
      const there = decodeFailure({ exception, error: JSON.parse(error), meta: JSON.parse(meta ?? 'null') }, codec)
      expectSame(there, Object.assign(runInThisRealm(`new ${kind}('no')`) as Error, { code: 'E', at: new Date(0) }))
    }
  })

  it('arrive as errors of a class that was registered by one who has it in that realm', () => {
    const Foreign = runInNewContext('class Broke extends Error {}; Broke') as new (message: string) => Error
    class Broke extends Error {}
    const { error, exception } = encodeFailure(new Foreign('no'), new Codec({ classes: [Foreign] }), {
      exposeStacks: false,
    })
    const there = decodeFailure({ error: JSON.parse(error), exception }, new Codec({ classes: [Broke] }))
    expect(there).to.be.instanceOf(Broke)
  })

  it('that do not travel are refused with the same advice', () => {
    for (const source of [
      'new Number(1)',
      'Object("s")',
      'new WeakMap()',
      'Promise.resolve()',
      'new SharedArrayBuffer(1)',
      'Object.create({ a: 1 })',
      'new (class Dict extends Map {})()',
      'Object.create(Map.prototype)',
      'Object.create(Date.prototype)',
      'Object.assign(new Map(), { extra: 1 })',
    ]) {
      expect(refusal(runInNewContext(source)), source).to.equal(refusal(runInThisRealm(source)))
    }
  })

  it('lose properties that are undefined where functions do so in this one', () => {
    const encoded = encodeJson(runInNewContext('({ a: undefined, b: [{ c: -0 }] })'), 'res', codec)
    expect(encoded).to.equal('{"b":[{"c":0}]}')
  })

  it('are not what has the name of a built-in class only', () => {
    for (const source of [
      'new (class Map { a = 1 })()',
      'new (class Object { a = 1 })()',
      'new (class Date { getTime() {} })()',
      'new (class URL { href = "http://a/" })()',
      'Object.create({ constructor: Map })',
      'Object.create({ constructor: () => 1 })',
    ]) {
      expect(() => codec.encode(runInNewContext(source), 'value'), source).to.throw(SerializationError)
      expect(() => codec.encode(runInThisRealm(source), 'value'), source).to.throw(SerializationError)
    }
  })

  it('may be dates of faked timers, and URLs of jsdom', () => {
    // As @sinonjs/fake-timers makes them, which Jest and Vitest use.
    class ClockDate extends Date {
      constructor() {
        super(5)
        Object.defineProperty(this, 'constructor', { value: Date, enumerable: false })
      }
    }
    expectSame(travel([new ClockDate()]), [new Date(5)])
    expectSame(travel(runInNewContext('new Date(5)')), new Date(5))
    // As whatwg-url makes them.
    class DomUrl {
      readonly #href = 'http://a/b?c'
      get href(): string {
        return this.#href
      }
    }
    Object.defineProperty(DomUrl.prototype, Symbol.toStringTag, { value: 'URL' })
    expectSame(travel({ at: new DomUrl() }), { at: new URL('http://a/b?c') })
  })

  it('are plain JSON where those of this one are', () => {
    expect(codec.encode(runInNewContext('({ a: [{}, "x"] })'), 'value')).to.equal('{"a":[{},"x"]}')
    expect((codec.encode(runInNewContext('[new Date(0)]'), 'value') as RichText).meta).to.equal(
      '{"values":{"0":["Date"]},"v":1}',
    )
  })
})

function refusal(value: unknown): string {
  try {
    codec.encode(value, 'value')
  } catch (error) {
    if (error instanceof SerializationError) return error.message
  }
  return 'travels'
}

/** Not `runInThisContext`: what the sources name are the built-ins of this module. */
function runInThisRealm(source: string): unknown {
  return new Function(`return ${source}`)()
}
