import { expect } from 'chai'
import fc from 'fast-check'
import { MessageTooLargeError, ProtocolError } from '../../lib/errors.ts'
import { checkBytes, checkText, DEFAULT_LIMITS, type Limits, parseMessage } from '../../lib/wire/limits.ts'

const limits: Limits = { maxMessageBytes: 2_000, maxDepth: 20 }
/** What a message may put around its values. */
const ENVELOPE = 8

function nested(depth: number, inside = '', around = ''): string {
  return `${around}${'['.repeat(depth)}${inside}${']'.repeat(depth)}`
}

function refuses(run: () => unknown, limit: string): void {
  expect(run).to.throw(MessageTooLargeError).with.property('limit', limit)
}

describe('limits', () => {
  it('count bytes of UTF-8, not characters', () => {
    for (const [char, bytes] of [
      ['x', 1],
      ['é', 2],
      ['€', 3],
      ['😀', 4],
      ['\ud800', 3],
    ] as const) {
      const most = Math.floor(limits.maxMessageBytes / bytes)
      expect(() => checkBytes(char.repeat(most), limits), char).not.to.throw()
      refuses(() => checkBytes(char.repeat(most + 1), limits), 'maxMessageBytes')
    }
  })

  it('are checked before anything is parsed', () => {
    refuses(() => parseMessage('x'.repeat(3_000), limits), 'maxMessageBytes')
    refuses(() => parseMessage(`${nested(21 + ENVELOPE)}not JSON${' '.repeat(100)}`, limits), 'maxDepth')
  })

  it('count open brackets, and none in strings', () => {
    const most = limits.maxDepth + ENVELOPE
    for (const inside of [
      '',
      '1',
      '"]]]]"',
      '"\\""',
      '"\\\\"',
      `"${'\\"]'.repeat(50)}"`,
      `"${']'.repeat(100)}\\\\"`,
      '{},[],{}',
    ]) {
      const around = inside === '{},[],{}' ? most - 1 : most
      expect(() => checkText(nested(around, inside), limits), inside).not.to.throw()
      refuses(() => checkText(nested(around + 1, inside), limits), 'maxDepth')
    }
    expect(() => checkText(JSON.stringify([']'.repeat(10), '['.repeat(500), '{'.repeat(500)]), limits)).not.to.throw()
    expect(() => checkText(JSON.stringify(Array(300).fill([])), limits)).not.to.throw()
  })

  it('agree with the depth of any JSON', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('"', '\\', '[', '{', ']', '}', '\\"', 'x'.repeat(40), `${'x'.repeat(40)}\\"[`),
    )
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 12, depthSize: 'max' },
        text,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(value, fc.nat({ max: 4 }), (json, allowed) => {
        // A text this long is not cleared by its length alone.
        const long = { json, filler: Array(40).fill({}) }
        const few = { ...DEFAULT_LIMITS, maxDepth: allowed }
        let refused = false
        try {
          checkText(JSON.stringify(long), few)
        } catch {
          refused = true
        }
        expect(refused).to.equal(depthOf(long) > allowed + ENVELOPE)
      }),
      { numRuns: 1_000 },
    )
  })

  it('keep texts of any depth away from the parser', () => {
    for (const text of ['['.repeat(1_000_000), '{"a":'.repeat(500_000), nested(100_000)]) {
      refuses(() => parseMessage(text, DEFAULT_LIMITS), 'maxDepth')
    }
    expect(parseMessage(nested(DEFAULT_LIMITS.maxDepth + ENVELOPE), DEFAULT_LIMITS)).to.be.an('array')
  })
})

describe('parseMessage', () => {
  it('refuses what is not JSON', () => {
    for (const text of [
      '',
      'NaN',
      '{',
      `"${'['.repeat(2_000)}`,
      '\ufeff{}',
      "{'a':1}",
      '[1,]',
      '\u0000',
      '{"a":Infinity}',
    ]) {
      expect(() => parseMessage(text, DEFAULT_LIMITS)).to.throw(ProtocolError, 'not JSON')
    }
  })

  it('refuses a key __proto__ at any level, however it is written, and names its path', () => {
    for (const [text, path] of [
      ['{"__proto__":1}', 'message.__proto__'],
      ['{"a":[1,{"b":{"__proto__":null}}]}', 'message.a[1].b.__proto__'],
      ['{"\\u005f\\u005fproto__":1}', 'message.__proto__'],
      ['{"__prot\\u006F__":1}', 'message.__proto__'],
      ['{"__p\\u0072oto__":{}}', 'message.__proto__'],
      ['{"_\\u005Fpro\\u0074o__":{}}', 'message.__proto__'],
      ['{"__\\u0070roto_\\u005f":{}}', 'message.__proto__'],
    ] as const) {
      expect(() => parseMessage(text, DEFAULT_LIMITS)).to.throw(ProtocolError, path)
    }
  })

  it('looks at each value once for such a key, however deep it is', () => {
    const looked = Object.hasOwn
    let looks = 0
    Object.hasOwn = (...args) => {
      looks++
      return looked(...args)
    }
    try {
      const text = `${'{"a":'.repeat(400)}[${'{},'.repeat(1_000)}{"__proto__":1}]${'}'.repeat(400)}`
      expect(() => parseMessage(text, DEFAULT_LIMITS)).to.throw(ProtocolError, 'a[1000].__proto__')
    } finally {
      Object.hasOwn = looked
    }
    expect(looks).to.be.lessThan(2_000)
  })

  it('takes __proto__ as a value, and other keys that look like it', () => {
    for (const value of [
      '__proto__',
      ['__proto__'],
      { a: '__proto__' },
      { _proto__: 1 },
      { '__proto__ ': 1 },
      { constructor: 1 },
    ]) {
      expect(parseMessage(JSON.stringify(value), DEFAULT_LIMITS)).to.deep.equal(value)
    }
  })
})
