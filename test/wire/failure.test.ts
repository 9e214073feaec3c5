import { inspect } from 'node:util'
import { isNativeError } from 'node:util/types'
import { expect } from 'chai'
import { ConnectionError, isRpcError, RemoteError, TimeoutError } from '../../lib/errors.ts'
import { Codec } from '../../lib/wire/codec.ts'
import { decodeFailure, type EncodedFailure, encodeFailure } from '../../lib/wire/failure.ts'
import { expectSame } from './same.ts'
import { CLASSES, FAILURES, QuotaError } from './vectors.ts'

const codec = new Codec({ classes: CLASSES })

function encode(thrown: unknown, exposeStacks = false, by: Codec = codec): EncodedFailure {
  return encodeFailure(thrown, by, { exposeStacks })
}

function arrive({ exception, error, meta }: EncodedFailure, by: Codec = codec): unknown {
  return decodeFailure(
    { exception, error: JSON.parse(error), meta: meta === undefined ? undefined : JSON.parse(meta) },
    by,
  )
}

function travel(thrown: unknown): unknown {
  return arrive(encode(thrown))
}

describe('a failure', () => {
  describe('is written exactly so', () => {
    for (const { source, thrown, exception, error, meta } of FAILURES) {
      it(source, () => {
        expect(encode(thrown())).to.deep.equal({ exception, error, ...(meta !== undefined && { meta }) })
      })
    }
  })

  describe('arrives as', () => {
    for (const Class of [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]) {
      it(`a ${Class.name} when it was one`, () => {
        const there = travel(new Class('no', { cause: [1n] })) as Error
        expectSame(there, new Class('no', { cause: [1n] }))
        expect(there).to.be.instanceOf(Class)
        expect(isNativeError(there)).to.equal(true)
        expect(Object.keys(there)).to.deep.equal([])
      })
    }

    it('an AggregateError with its errors', () => {
      const thrown = new AggregateError([new TypeError('a'), 0], 'b')
      expectSame(travel(thrown), thrown)
    })

    it('the DOMException of an AbortSignal', () => {
      const there = travel(AbortSignal.abort().reason) as DOMException
      expect(there).to.be.instanceOf(DOMException)
      expect(there.name).to.equal('AbortError')
      expect(there.code).to.equal(20)
      expect(there.stack).to.match(/^AbortError: This operation was aborted\n/)
    })

    it('an error of this library with its fields', () => {
      const there = travel(new TimeoutError('add', 5, { cause: new ConnectionError('gone') })) as TimeoutError
      expectSame(there, new TimeoutError('add', 5, { cause: new ConnectionError('gone') }))
      expect(there).to.be.instanceOf(TimeoutError)
      expect(isRpcError(there)).to.equal(true)
    })

    it('an error of a registered class, whose constructor does not run', () => {
      let made = 0
      class Fussy extends Error {
        readonly detail: string
        constructor(detail: { text: string }) {
          super(detail.text)
          this.detail = detail.text
          made++
        }
        get loud(): string {
          return this.detail.toUpperCase()
        }
      }
      const far = encode(new Fussy({ text: 'no' }), false, new Codec())
      const there = arrive(far, new Codec({ classes: [Fussy] })) as Fussy
      expect(there).to.be.instanceOf(Fussy)
      expect(there.loud).to.equal('NO')
      expect(made).to.equal(1)
    })

    it('a RemoteError with the far name and fields when its class is not known', () => {
      const thrown = Object.assign(new QuotaError('full', 3n), { code: 'E_QUOTA', at: new Date(0) })
      const there = arrive(encode(thrown), new Codec()) as RemoteError & { left: bigint; at: Date }
      expect(there).to.be.instanceOf(RemoteError)
      expect({ ...there }).to.deep.equal({ name: 'QuotaError', code: 'E_QUOTA', left: 3n, at: new Date(0) })
      expect(there.message).to.equal('full')
      expect((arrive(encode(new QuotaError('', 0n)), new Codec()) as RemoteError).code).to.equal('ERR_REMOTE')
    })

    it('a RemoteError again after a second hop', () => {
      const first = arrive(encode(new QuotaError('full', 3n)), new Codec())
      const second = arrive(encode(first)) as RemoteError
      expect(second).to.be.instanceOf(RemoteError)
      expect(second.name).to.equal('QuotaError')
      expectSame(second, first)
    })

    it('an error with the name that was given to it, in the class that it has', () => {
      const thrown = new RangeError('no')
      thrown.name = 'LowError'
      const there = travel(thrown) as Error
      expect(there).to.be.instanceOf(RangeError)
      expect(there.name).to.equal('LowError')
      expectSame(there, thrown)
    })

    for (const value of [
      0,
      '',
      false,
      null,
      undefined,
      5n,
      Number.NaN,
      { message: 'x', name: 'y' },
      [1],
      { thrown: 1 },
      new Map(),
    ]) {
      it(`the value that was thrown: ${inspect(value)}`, () => expectSame(travel(value), value))
    }
  })

  it('keeps a chain of causes, however it is tied', () => {
    let chain: Error = new Error('last')
    for (let i = 0; i < 200; i++) chain = new TypeError(`${i}`, { cause: chain })
    expectSame(travel(chain), chain)
    const knot = new Error('a', { cause: new Error('b') })
    ;(knot.cause as Error).cause = knot
    const there = travel(knot) as Error
    expect((there.cause as Error).cause).to.equal(there)
  })

  it('loses the causes that nest too deep, and says so', () => {
    let chain: Error = new Error('last')
    for (let i = 0; i < 1_000; i++) chain = new Error(`${i}`, { cause: chain })
    let there = travel(chain) as Error
    let length = 1
    while (there.cause !== undefined) {
      there = there.cause as Error
      length++
    }
    expect(length).to.equal(250)
    expect(there).to.have.property('omittedFields').that.deep.equals(['cause'])
  })

  it('leaves out the fields that cannot be sent, and lists them', () => {
    const shared = { a: 1 }
    const thrown = Object.assign(new Error('no'), {
      request: { agent: { socket: () => 1 }, shared },
      shared,
      code: 'E',
      inner: Object.assign(new Error('inner'), { f: () => 1, ok: true }),
    })
    const there = travel(thrown) as Error & { shared: object; inner: object }
    expect(Object.keys(there).sort()).to.deep.equal(['code', 'inner', 'omittedFields', 'shared'])
    expect(there).to.have.property('omittedFields').that.deep.equals(['request'])
    expect(there.shared).to.deep.equal({ a: 1 })
    expect({ ...there.inner }).to.deep.equal({ ok: true, omittedFields: ['f'] })
    expectSame(travel(there), there)
  })

  it('lists `omittedFields` when that is a property of the error and no list of names', () => {
    for (const omittedFields of [5, 'code', ['code', 5]]) {
      const there = travel(Object.assign(new Error('no'), { omittedFields, code: 'E' }))
      expect({ ...(there as Error) }).to.deep.equal({ code: 'E', omittedFields: ['omittedFields'] })
    }
  })

  it('keeps the far stack where the engine gives errors none', () => {
    const failure = encode(thrower(), true)
    const { stackTraceLimit } = Error
    Reflect.deleteProperty(Error, 'stackTraceLimit')
    try {
      const there = arrive(failure) as Error
      expect(there.stack).to.match(/^TypeError: .*\n {4}--- far side ---\n {4}at /)
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  })

  it('shows where the call was made, and below it where the error was', async () => {
    const failure = encode(thrower(), true)
    async function caller(): Promise<unknown> {
      await Promise.resolve()
      return arrive(failure)
    }
    const there = (await caller()) as Error
    const lines = (there.stack as string).split('\n')
    const border = lines.findIndex((line) => line.includes('far side'))
    expect(lines[0]).to.equal('TypeError: no')
    expect(lines[1]).to.match(/at arrive /)
    expect(lines.findIndex((line) => line.includes('at async caller') || line.includes('at caller'))).to.be.within(
      1,
      border,
    )
    expect(lines[border + 1]).to.match(/at thrower /)
    expect(there.stack).to.equal(there.stack)
    there.stack = 'mine'
    expect(there.stack).to.equal('mine')
  })

  it('shows nothing of the far stack when that is withheld', () => {
    const there = travel(thrower()) as Error & { cause: Error }
    expect(there.stack)
      .to.match(/^TypeError: no\n/)
      .and.not.match(/thrower|far side/)
    expect(there.cause.stack).to.equal('Error: why')
  })

  describe('is always written, whatever was thrown', () => {
    const bad = (): never => {
      throw bad
    }
    const traps = new Proxy({}, { get: () => bad }) as ProxyHandler<object>
    const gone = Proxy.revocable(new Error('x'), {})
    gone.revoke()
    class Nasty extends Error {
      override get message(): string {
        return bad()
      }
      override get name(): string {
        return bad()
      }
      override get stack(): string {
        return bad()
      }
      get code(): string {
        return bad()
      }
    }
    const getters = Object.defineProperties(new Error('x'), {
      cause: { get: bad },
      code: { get: bad, enumerable: true },
      stack: { get: bad },
      errors: { get: bad },
    })
    const cases: Record<string, unknown> = {
      'a proxy that throws at all': new Proxy({}, traps),
      'a proxy of an error that throws at all': new Proxy(new Error('x'), traps),
      'a proxy of a function': new Proxy(() => 1, traps),
      'a revoked proxy': gone.proxy,
      'an error whose getters throw': getters,
      'an error whose class has getters that throw': new Nasty(),
      'an error with an object for a message': Object.assign(new Error(), {
        message: { toString: bad },
        name: { toString: bad },
      }),
      'an error without a prototype': Object.setPrototypeOf(new Error('x'), null),
      'an error of no class': Object.create(Error.prototype),
      'an error of a class without a name': new (class extends Error {})('x'),
      'an object with hostile methods': { toString: bad, toJSON: bad, [Symbol.toPrimitive]: bad },
      'an object without a prototype': Object.assign(Object.create(null), { a: 1 }),
      'a symbol': Symbol('s'),
      'a function': bad,
      'a value nested too deep': JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`),
      'an error with a key __proto__': Object.defineProperty(new Error('x'), '__proto__', {
        value: 1,
        enumerable: true,
      }),
      'an error with a cause that is a proxy': new Error('x', { cause: new Proxy({}, traps) }),
      'an array of errors that throws': Object.defineProperty(new Error('x'), 'errors', {
        value: new Proxy([], traps),
      }),
    }
    for (const [name, thrown] of Object.entries(cases)) {
      it(name, () => {
        for (const exposeStacks of [true, false]) {
          const encoded = encode(thrown, exposeStacks)
          expect(encoded.exception).to.be.a('string').and.not.equal('')
          const there = arrive(encoded)
          if (there instanceof Error) expect(inspect(there)).to.be.a('string')
        }
      })
    }

    it('an error too large for a message', () => {
      const limits = { maxMessageBytes: 1_024, maxDepth: 500 }
      const small = new Codec({ limits })
      for (const thrown of [
        new TypeError('x'.repeat(5_000)),
        new TypeError('é'.repeat(400)),
        new TypeError('\u0000'.repeat(150)),
        Object.assign(new TypeError('a'.repeat(300)), { rest: 'b'.repeat(300), more: 'c'.repeat(300) }),
        new TypeError('a', { cause: 'x'.repeat(5_000) }),
        'x'.repeat(5_000),
        Object.assign(new Error('x'), { name: 'N'.repeat(5_000) }),
        new (Object.defineProperty(class extends Error {}, 'name', { value: '\u0001'.repeat(5_000) }))(
          '\u0001'.repeat(5_000),
        ),
      ]) {
        const { exception, error, meta = '' } = encode(thrown, true, small)
        const reply =
          JSON.stringify({ id: 2 ** 53, exception, error: '', meta: '' }).length + error.length + meta.length
        expect(reply).to.be.lessThan(limits.maxMessageBytes)
        if (thrown instanceof TypeError) expect(arrive({ exception, error })).to.be.instanceOf(TypeError)
      }
    })
  })

  describe('that is hostile harms nothing', () => {
    const base = { name: 'TypeError', message: 'm' }
    const undecodable: Record<string, unknown> = {
      'a number': 5,
      null: null,
      'an array': [],
      'no name': { message: 'm' },
      'a message that is an object': { name: 'Error', message: {} },
      'a name that is an object': { name: {}, message: '' },
      'a type that is an object': { ...base, type: {} },
      'fields that are text': { ...base, fields: 'abc' },
      'errors that are none': { ...base, errors: 5 },
    }
    for (const [what, error] of Object.entries(undecodable)) {
      it(`with ${what}: a RemoteError with the text of the exception`, () => {
        const there = decodeFailure({ exception: 'SomeError: text', error }, codec) as RemoteError
        expect(there).to.be.instanceOf(RemoteError)
        expect([there.name, there.message]).to.deep.equal(['SomeError', 'text'])
        if (error !== null) expect(there.cause === undefined || isRpcError(there.cause)).to.equal(true)
      })
    }

    it('with meta that does not fit: a RemoteError that says why', () => {
      const there = decodeFailure({ exception: 'E: x', error: base, meta: { v: 9 } }, codec) as RemoteError
      expect(there.message).to.equal('E: x')
      expect(isRpcError(there.cause)).to.equal(true)
    })

    it('with names of methods for fields, which are left out', () => {
      const names = [
        'toString',
        'constructor',
        'hasOwnProperty',
        'valueOf',
        'stack',
        'message',
        'name',
        'cause',
        '__proto__',
      ]
      const fields = JSON.parse(`{${names.map((name) => `"${name}":{"x":1}`).join()},"then":{},"toJSON":1,"code":2}`)
      const there = decodeFailure({ exception: 'E', error: { ...base, fields } }, codec) as TypeError
      expect(Object.getPrototypeOf(there)).to.equal(TypeError.prototype)
      expect(String(there)).to.equal('TypeError: m')
      expect(there.stack).to.match(/^TypeError: m\n/)
      expect(Object.keys(there).sort()).to.deep.equal(['code', 'omittedFields', 'then', 'toJSON'])
      expect((there as unknown as { omittedFields: string[] }).omittedFields).to.deep.equal(names)
    })

    it('with a stack that is none', () => {
      for (const stack of [5, {}, null, '', 'no frames', '\n'.repeat(1_000)]) {
        const there = decodeFailure({ exception: 'E', error: { ...base, stack } }, codec) as Error
        expect(there.stack)
          .to.match(/^TypeError: m\n {4}at /)
          .and.not.match(/far side/)
      }
    })

    it('with the name of a class that is none', () => {
      for (const type of [
        'toString',
        '__proto__',
        'constructor',
        'Object',
        'Array',
        '',
        'redis-object-rpc/',
        'Point',
      ]) {
        const there = decodeFailure({ exception: 'E', error: { ...base, type } }, codec) as RemoteError
        expect(there).to.be.instanceOf(RemoteError)
        expect(Object.getPrototypeOf(there)).to.equal(RemoteError.prototype)
      }
    })
  })
})

function thrower(): Error {
  return new TypeError('no', { cause: new Error('why') })
}
