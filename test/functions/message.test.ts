import { expect } from 'chai'
import { MessageTooLargeError, ProtocolError } from '../../lib/errors.ts'
import { failureText, findId, readRequest, readResult, requestText, successText } from '../../lib/functions/message.ts'
import { Codec } from '../../lib/wire/codec.ts'
import { DEFAULT_LIMITS } from '../../lib/wire/limits.ts'

const LIMITS = DEFAULT_LIMITS
const SMALL = { ...LIMITS, maxMessageBytes: 1_024 }
const AT = Date.parse('2026-11-01T12:00:00.123Z')
const TS = '"ts":"2026-11-01T12:00:00.123Z"'
const codec = new Codec()

describe('messages of redis-rpc', () => {
  it('has requests in the form of the originals', () => {
    expect(requestText('0b5d', AT, '{"arg1":"value1"}')).to.equal(`{"id":"0b5d",${TS},"kw":{"arg1":"value1"}}`)
  })

  it('has successes without err', () => {
    for (const [value, res] of [
      [4, '4'],
      [null, 'null'],
      [undefined, 'null'],
      ['ä "☃"', '"ä \\"☃\\""'],
      [[1, { a: [] }], '[1,{"a":[]}]'],
      [-0, '0'],
      [{ a: undefined, b: -0 }, '{"b":0}'],
    ]) {
      expect(successText(AT, value, codec)).to.equal(`{${TS},"res":${res}}`)
    }
  })

  it('notes beside a success what plain JSON does not say', () => {
    const when = new Date(AT)
    const text = successText(AT, { when }, codec)
    expect(text).to.equal(`{${TS},"res":{"when":"2026-11-01T12:00:00.123Z"},"meta":{"values":{"when":["Date"]},"v":1}}`)
    const result = readResult(text, LIMITS)
    expect(result.failed === false && codec.decode(result.value, result.meta)).to.deep.equal({ when })
  })

  it('refuses a success that is too large', () => {
    const small = new Codec({ limits: SMALL })
    expect(() => successText(AT, 'x'.repeat(1_024), small)).to.throw(MessageTooLargeError)
  })

  describe('failures', () => {
    const parse = (thrown: unknown, exposeStacks = true, limits = LIMITS) =>
      JSON.parse(failureText(AT, thrown, new Codec({ limits }), exposeStacks)) as Record<string, string>

    it('have err and the stack, and nothing else', () => {
      const error = new RangeError('not enough')
      expect(parse(error)).to.deep.equal({
        ts: '2026-11-01T12:00:00.123Z',
        err: 'RangeError: not enough',
        err_traceback: error.stack,
      })
    })

    it('leave the stack out where it shall not be seen', () => {
      expect(parse(new Error('x'), false)).to.have.all.keys('ts', 'err')
    })

    it('never have an empty err', () => {
      class Nameless extends Error {
        override name = ''
      }
      for (const thrown of [
        new Error(''),
        new Nameless(''),
        '',
        null,
        undefined,
        0,
        {},
        Object.create(null),
        Symbol('s'),
      ]) {
        expect(parse(thrown).err, String(typeof thrown)).to.match(/\S/)
      }
    })

    it('survive whatever is thrown', () => {
      const hostile = new Proxy(new Error('x'), {
        get() {
          throw new Error('trap')
        },
      })
      const getter = Object.defineProperty(new Error('m'), 'stack', {
        get() {
          throw new Error('trap')
        },
      })
      const cyclic = Object.assign(new Error('c'), { self: {} as unknown })
      cyclic.self = cyclic
      for (const thrown of [hostile, getter, cyclic]) expect(parse(thrown).err).to.match(/\S/)
    })

    it('lose their stack, then the end of their message, to the limit', () => {
      const error = new Error('m')
      error.stack = 's'.repeat(2_000)
      expect(parse(error, true, SMALL)).to.deep.equal({ ts: '2026-11-01T12:00:00.123Z', err: 'Error: m' })
      const long = parse(new Error('☃'.repeat(2_000)), true, SMALL)
      expect(long.err).to.match(/^Error: ☃+…?$/)
      expect(Buffer.byteLength(JSON.stringify(long))).to.be.at.most(1_024)
    })
  })

  describe('a request', () => {
    for (const [text, id, kw] of [
      ['{"id": "u-1", "ts": "2026-11-01T12:00:00.123456", "kw": {"a": 1}}', 'u-1', { a: 1 }],
      ['{"id":"u-1","kw":{"a":1},"ts":"2026-11-01T12:00:00+01:00"}', 'u-1', { a: 1 }],
      ['{"id":"u-1","kw":null,"ts":"TODO"}', 'u-1', {}],
      ['{"id":"u-1"}', 'u-1', {}],
      ['{"kw":{"constructor":1,"toString":2},"id":17,"more":[]}', '17', { constructor: 1, toString: 2 }],
      ['{"id":"a:b:calls","kw":{}}', 'a:b:calls', {}],
    ] as const) {
      it(`is read from ${text}`, () => {
        const request = readRequest(text, LIMITS)
        expect(request.id).to.equal(id)
        expect(request.kw).to.deep.equal(kw)
        expect(request.wantsResult).to.equal(true)
      })
    }

    it('may want no result', () => {
      expect(readRequest('{"id":"x","kw":{},"no_response":true}', LIMITS).wantsResult).to.equal(false)
      expect(readRequest('{"id":"x","kw":{},"no_response":"yes"}', LIMITS).wantsResult).to.equal(true)
    })

    for (const [text, id] of [
      ['', undefined],
      ['hello', undefined],
      ['null', undefined],
      ['[]', undefined],
      ['[{"id":"x"}]', undefined],
      ['"id"', undefined],
      ['{}', undefined],
      ['{"kw":{}}', undefined],
      ['{"id":""}', undefined],
      ['{"id":null}', undefined],
      ['{"id":1.5}', undefined],
      ['{"id":1e300}', undefined],
      ['{"id":{"a":1}}', undefined],
      ['{"id":["x"]}', undefined],
      ['{"id":true}', undefined],
      [`{"id":"${'x'.repeat(513)}"}`, undefined],
      ['\u0080\u0005\u0095(pickle)', undefined],
      ['{"id":"x","kw":[1]}', 'x'],
      ['{"id":"x","kw":"a"}', 'x'],
      ['{"id":"x","kw":7}', 'x'],
      ['{"kw":false,"id":"x"}', 'x'],
      ['{"id":"x","kw":{"__proto__":{"a":1}}}', 'x'],
      ['{"id":"x","kw":{"\\u005f_proto__":{"a":1}}}', 'x'],
      ['{"id": "x", "ts": "…", "kw": {"a": NaN}}', 'x'],
      ['{"id": 12, "ts": "…", "kw": {"a": Infinity}}', '12'],
      ['{"id":"\\u0078\\"","kw":{', 'x"'],
      [`{"id":"x","kw":${'['.repeat(2_000)}${']'.repeat(2_000)}}`, 'x'],
      ['{"id":"x"', undefined],
      [`{"id":"${'x'.repeat(9_000)}`, undefined],
      ['{"ts":"…","id":"x","kw":NaN}', undefined],
    ] as const) {
      const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
      it(`is not ${shown}, whose caller is ${id ?? 'not known'}`, () => {
        expect(() => readRequest(text, LIMITS)).to.throw(/./)
        expect(findId(text, LIMITS)).to.equal(id)
      })
    }

    it('that is too large is not parsed, and its caller is found', () => {
      const text = `{"id": "x", "kw": {"a": "${'a'.repeat(2_000)}"}}`
      expect(() => readRequest(text, SMALL)).to.throw(MessageTooLargeError)
      expect(findId(text, SMALL)).to.equal('x')
    })
  })

  describe('a result', () => {
    for (const [text, value] of [
      ['{"ts": "…", "res": [1, 2], "verbose": false}', [1, 2]],
      ['{"ts":"…","res":null}', null],
      ['{"ts":"…"}', null],
      ['{"ts":"…","err":"","res":5}', 5],
      ['{"ts":"…","err":null,"res":5}', 5],
    ] as const) {
      it(`is the value of ${text}`, () => {
        expect(readResult(text, LIMITS)).to.deep.include({ failed: false, value })
      })
    }

    for (const [text, err, traceback] of [
      ['{"ts": "…", "err": "KeyError: \'k\'", "err_traceback": "  File …"}', "KeyError: 'k'", '  File …'],
      ['{"ts":"…","err":"test error"}', 'test error', undefined],
      ['{"err":"x","res":5,"err_traceback":null}', 'x', undefined],
      ['{"err":{"a":1}}', '{"a":1}', undefined],
      ['{"err":0}', '0', undefined],
    ] as const) {
      it(`is the failure of ${text}`, () => {
        expect(readResult(text, LIMITS)).to.deep.equal({ failed: true, err, traceback })
      })
    }

    for (const text of ['', 'x', '[]', 'null', '"res"', '{"res": NaN}', '{"res":{"__proto__":1}}']) {
      it(`is not ${text || 'nothing'}`, () => {
        expect(() => readResult(text, LIMITS)).to.throw(ProtocolError)
      })
    }
  })
})
