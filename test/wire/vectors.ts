/**
 * Values and their exact texts. The tests of the codec run from these tables both ways, and `docs/protocol.md` shows
 * them to whoever writes a peer in another language.
 */
import { TimeoutError } from '../../lib/errors.ts'
import type { ValueClass, ValueType } from '../../lib/wire/codec.ts'

/** A value, and what stands on the wire for it. */
export interface Vector {
  /** The value as one would write it in JavaScript. */
  readonly source: string
  readonly value: () => unknown
  readonly json: string
  /** None: plain JSON says it all. */
  readonly meta?: string
}

/** A value that does not travel, and the path that the error names; the root is called `value`. */
export interface Refusal {
  readonly source: string
  readonly value: () => unknown
  readonly path: string
}

/** Something thrown, and what stands in the reply when stacks are withheld. */
export interface FailureVector {
  readonly source: string
  readonly thrown: () => unknown
  readonly exception: string
  readonly error: string
  readonly meta?: string
}

/** A class that both ends have registered. */
export class Point {
  x: number
  when: Date | undefined

  constructor(x: number, when?: Date) {
    this.x = x
    this.when = when
  }

  double(): number {
    return this.x * 2
  }
}

/** An error class that both ends have registered. */
export class QuotaError extends Error {
  override readonly name = 'QuotaError'
  readonly left: bigint

  constructor(message: string, left: bigint) {
    super(message)
    this.left = left
  }
}

/** What both ends have registered. */
export const CLASSES: readonly ValueClass[] = [Point, QuotaError]

/** A class whose instances only its constructor can make: {@link TYPES} describes it. */
class Amount {
  readonly of: unknown
  constructor(of: unknown) {
    this.of = of
  }
}

/** What both ends have described. */
export const TYPES: readonly ValueType[] = [
  {
    name: 'Amount',
    is: (value) => value instanceof Amount,
    encode: (value) => (value as Amount).of,
    decode: (of) => new Amount(of),
  },
]

/** What travels by {@link TYPES}: `Amount` encodes what it holds. */
export const TYPED: readonly Required<Vector>[] = [
  {
    source: 'new Amount("0.1")',
    value: () => new Amount('0.1'),
    json: '"0.1"',
    meta: '{"values":[["custom","Amount"]],"v":1}',
  },
  {
    source: '{ a: [new Amount("0.1")] }',
    value: () => ({ a: [new Amount('0.1')] }),
    json: '{"a":["0.1"]}',
    meta: '{"values":{"a.0":[["custom","Amount"]]},"v":1}',
  },
  {
    source: '[new Amount(5n)]',
    value: () => [new Amount(5n)],
    json: '["5"]',
    meta: '{"values":{"0":[["custom","Amount"],["bigint"]]},"v":1}',
  },
  {
    source: '[new Amount({ at: new Date(0) })]',
    value: () => [new Amount({ at: new Date(0) })],
    json: '[{"at":"1970-01-01T00:00:00.000Z"}]',
    meta: '{"values":{"0":[["custom","Amount"],{"at":["Date"]}]},"v":1}',
  },
  {
    source: '[new Amount(new Amount("0.1"))]',
    value: () => [new Amount(new Amount('0.1'))],
    json: '["0.1"]',
    meta: '{"values":{"0":[["custom","Amount"],[["custom","Amount"]]]},"v":1}',
  },
  {
    source: '[new Amount([both, both])]',
    value: () => {
      const both = {}
      return [new Amount([both, both])]
    },
    json: '[[{},{}]]',
    meta: '{"values":{"0":[["custom","Amount"],{},{"0":["1"]}]},"v":1}',
  },
  {
    source: '[amount, amount]',
    value: () => {
      const amount = new Amount('0.1')
      return [amount, amount]
    },
    json: '["0.1","0.1"]',
    meta: '{"values":{"0":[["custom","Amount"]]},"referentialEqualities":{"0":["1"]},"v":1}',
  },
]

/** What does travel. */
export const VECTORS: readonly Vector[] = [
  { source: '"text"', value: () => 'text', json: '"text"' },
  { source: '4', value: () => 4, json: '4' },
  { source: 'null', value: () => null, json: 'null' },
  {
    source: '{ a: [1, "x", true, null], constructor: "Bob" }',
    value: () => ({ a: [1, 'x', true, null], constructor: 'Bob' }),
    json: '{"a":[1,"x",true,null],"constructor":"Bob"}',
  },
  { source: '"\\ud800" (a lone surrogate)', value: () => '\ud800', json: '"\\ud800"' },
  { source: 'undefined', value: () => undefined, json: 'null', meta: '{"values":["undefined"],"v":1}' },
  {
    source: '{ a: undefined }',
    value: () => ({ a: undefined }),
    json: '{"a":null}',
    meta: '{"values":{"a":["undefined"]},"v":1}',
  },
  { source: 'NaN', value: () => Number.NaN, json: '"NaN"', meta: '{"values":["number"],"v":1}' },
  {
    source: '[Infinity, -Infinity, -0]',
    value: () => [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
    json: '["Infinity","-Infinity","-0"]',
    meta: '{"values":{"0":["number"],"1":["number"],"2":["number"]},"v":1}',
  },
  { source: '123n', value: () => 123n, json: '"123"', meta: '{"values":["bigint"],"v":1}' },
  {
    source: 'new Date(0)',
    value: () => new Date(0),
    json: '"1970-01-01T00:00:00.000Z"',
    meta: '{"values":["Date"],"v":1}',
  },
  {
    source: 'new Date(NaN)',
    value: () => new Date(Number.NaN),
    json: 'null',
    meta: '{"values":[["custom","InvalidDate"]],"v":1}',
  },
  { source: '/a\\/b/gi', value: () => /a\/b/gi, json: '"/a\\\\/b/gi"', meta: '{"values":["regexp"],"v":1}' },
  {
    source: '/a/g with lastIndex 2',
    value: () => Object.assign(/a/g, { lastIndex: 2 }),
    json: '"2/a/g"',
    meta: '{"values":[["custom","RegExp"]],"v":1}',
  },
  {
    source: 'new URL("https://a.example/b?c#d")',
    value: () => new URL('https://a.example/b?c#d'),
    json: '"https://a.example/b?c#d"',
    meta: '{"values":["URL"],"v":1}',
  },
  {
    source: 'new Map([["k", 1], [new Date(0), new Map()]])',
    value: () =>
      new Map<unknown, unknown>([
        ['k', 1],
        [new Date(0), new Map()],
      ]),
    json: '[["k",1],["1970-01-01T00:00:00.000Z",[]]]',
    meta: '{"values":["map",{"1.0":["Date"],"1.1":["map"]}],"v":1}',
  },
  {
    source: '{ s: new Set([1, 2n]) }',
    value: () => ({ s: new Set([1, 2n]) }),
    json: '{"s":[1,"2"]}',
    meta: '{"values":{"s":["set",{"1":["bigint"]}]},"v":1}',
  },
  {
    source: 'Buffer.from("hi")',
    value: () => Buffer.from('hi'),
    json: '"aGk="',
    meta: '{"values":[["custom","Buffer"]],"v":1}',
  },
  {
    source: 'new Uint16Array([1, 258])',
    value: () => new Uint16Array([1, 258]),
    json: '"AQACAQ=="',
    meta: '{"values":[["custom","Uint16Array"]],"v":1}',
  },
  {
    source: 'new BigInt64Array([-1n])',
    value: () => new BigInt64Array([-1n]),
    json: '"//////////8="',
    meta: '{"values":[["custom","BigInt64Array"]],"v":1}',
  },
  {
    source: 'new Float64Array([NaN, -0])',
    value: () => new Float64Array([Number.NaN, -0]),
    json: '"AAAAAAAA+H8AAAAAAAAAgA=="',
    meta: '{"values":[["custom","Float64Array"]],"v":1}',
  },
  {
    source: 'new ArrayBuffer(2)',
    value: () => new ArrayBuffer(2),
    json: '"AAA="',
    meta: '{"values":[["custom","ArrayBuffer"]],"v":1}',
  },
  {
    source: 'new DataView(new ArrayBuffer(1))',
    value: () => new DataView(new ArrayBuffer(1)),
    json: '"AA=="',
    meta: '{"values":[["custom","DataView"]],"v":1}',
  },
  {
    source: 'Object.assign(Object.create(null), { a: 1 })',
    value: () => Object.assign(Object.create(null), { a: 1 }),
    json: '{"a":1}',
    meta: '{"values":[["custom","null-prototype"]],"v":1}',
  },
  {
    source: '{ "a.b": { "c\\\\d": 1n }, "": 2n }',
    value: () => ({ 'a.b': { 'c\\d': 1n }, '': 2n }),
    json: '{"a.b":{"c\\\\d":"1"},"":"2"}',
    meta: '{"values":{"a\\\\.b.c\\\\\\\\d":["bigint"],"":["bigint"]},"v":1}',
  },
  {
    source: 'const x = {}; [x, x]',
    value: () => {
      const x = {}
      return [x, x]
    },
    json: '[{},{}]',
    meta: '{"referentialEqualities":{"0":["1"]},"v":1}',
  },
  {
    source: 'const x = { a: {} }; x.a.b = x; x',
    value: () => {
      const x: { a: { b?: unknown } } = { a: {} }
      x.a.b = x
      return x
    },
    json: '{"a":{"b":null}}',
    meta: '{"referentialEqualities":[["a.b"]],"v":1}',
  },
  {
    source: 'const m = new Map(); const x = [m]; m.set(x, m); x',
    value: () => {
      const m = new Map<unknown, unknown>()
      const x = [m]
      m.set(x, m)
      return x
    },
    json: '[[[null,null]]]',
    meta: '{"values":{"0":["map"]},"referentialEqualities":[["0.0.0"],{"0":["0.0.1"]}],"v":1}',
  },
  {
    source: 'new Point(1, new Date(0)), registered',
    value: () => new Point(1, new Date(0)),
    json: '{"x":1,"when":"1970-01-01T00:00:00.000Z"}',
    meta: '{"values":[["class","Point"],{"when":["Date"]}],"v":1}',
  },
  {
    source: 'new TypeError("no", { cause: 1n })',
    value: () => withoutStack(new TypeError('no', { cause: 1n })),
    json: '{"name":"TypeError","message":"no","cause":"1"}',
    meta: '{"values":[["custom","Error"],{"cause":["bigint"]}],"v":1}',
  },
]

/** What does not, and where the error says that it stands. */
export const REFUSALS: readonly Refusal[] = [
  { source: '() => 1', value: () => () => 1, path: 'value' },
  { source: '{ f() {} }', value: () => ({ f() {} }), path: 'value.f' },
  { source: '[[Symbol()]]', value: () => [[Symbol('s')]], path: 'value[0][0]' },
  { source: '{ a: { [Symbol()]: 1 } }', value: () => ({ a: { [Symbol('s')]: 1 } }), path: 'value.a' },
  { source: '[1, , 3] (a hole)', value: sparse, path: 'value[1]' },
  { source: '"abc".match(/b/)', value: () => 'abc'.match(/b/), path: 'value' },
  { source: 'a Map with another property', value: () => Object.assign(new Map(), { extra: 1 }), path: 'value' },
  { source: 'a Date with another property', value: () => Object.assign(new Date(0), { extra: 1 }), path: 'value' },
  {
    source: 'JSON.parse(\'{"a":{"__proto__":1}}\')',
    value: () => JSON.parse('{"a":{"__proto__":1}}'),
    path: 'value.a.__proto__',
  },
  { source: 'new Map([["k", fn]])', value: () => new Map([['k', () => 1]]), path: 'value.get("k")' },
  { source: 'new Map([[{ f: fn }, 1]])', value: () => new Map([[{ f: () => 1 }, 1]]), path: 'value.keys()[0].f' },
  { source: 'new Map([[{}, fn]])', value: () => new Map([[{}, () => 1]]), path: 'value.values()[0]' },
  { source: 'new Set([1, fn])', value: () => new Set([1, () => 1]), path: 'value.values()[1]' },
  { source: '{ rows: [{ "a b": fn }] }', value: () => ({ rows: [{ 'a b': () => 1 }] }), path: 'value.rows[0]["a b"]' },
  { source: '{ p: Promise.resolve() }', value: () => ({ p: Promise.resolve() }), path: 'value.p' },
  { source: 'a Date that hides a valueOf() of its own', value: dateOfTwoMinds, path: 'value' },
  { source: 'a resizable ArrayBuffer', value: resizable, path: 'value' },
  { source: 'new WeakMap()', value: () => new WeakMap(), path: 'value' },
  { source: 'new Number(1)', value: () => Object(1), path: 'value' },
  { source: '[new String("s")]', value: () => [Object('s')], path: 'value[0]' },
  { source: 'new URLSearchParams()', value: () => new URLSearchParams(), path: 'value' },
  { source: 'new SharedArrayBuffer(1)', value: () => new SharedArrayBuffer(1), path: 'value' },
  { source: 'a view of shared memory', value: () => new Uint8Array(new SharedArrayBuffer(1)), path: 'value' },
  { source: '{ u: new User() }, not registered', value: () => ({ u: new (class User {})() }), path: 'value.u' },
  {
    source: 'new Money(), which has toJSON()',
    value: () =>
      new (class Money {
        toJSON() {}
      })(),
    path: 'value',
  },
  { source: 'a subclass of Map', value: () => new (class Dict extends Map {})(), path: 'value' },
  { source: 'a subclass of Array', value: () => new (class List extends Array {})(), path: 'value' },
  { source: 'Object.create({ a: 1 })', value: () => Object.create({ a: 1 }), path: 'value' },
  { source: 'Object.create(Map.prototype)', value: () => Object.create(Map.prototype), path: 'value' },
  { source: 'Object.create(Set.prototype)', value: () => Object.create(Set.prototype), path: 'value' },
  { source: 'Object.create(RegExp.prototype)', value: () => Object.create(RegExp.prototype), path: 'value' },
  { source: 'Object.create(Date.prototype)', value: () => Object.create(Date.prototype), path: 'value' },
  { source: 'Object.create(Uint8Array.prototype)', value: () => Object.create(Uint8Array.prototype), path: 'value' },
  { source: 'new Proxy(new Map(), {})', value: () => new Proxy(new Map(), {}), path: 'value' },
  { source: 'a revoked Proxy', value: revoked, path: 'value' },
  {
    source: '{ get a() { throw … } }',
    value: () => ({
      get a() {
        throw new Error('no')
      },
    }),
    path: 'value.a',
  },
  {
    source: 'Object.assign(new Error(), { f() {} })',
    value: () => Object.assign(new Error(), { f() {} }),
    path: 'value.f',
  },
  {
    source: 'an Error with a getter that throws',
    value: () =>
      Object.defineProperty(new Error(), 'code', {
        enumerable: true,
        get() {
          throw new Error('no')
        },
      }),
    path: 'value.code',
  },
  {
    source: 'Object.assign(new Error(), { omittedFields: 5 })',
    value: () => Object.assign(new Error(), { omittedFields: 5 }),
    path: 'value.omittedFields',
  },
  { source: 'new Error("", { cause: fn })', value: () => new Error('', { cause: () => 1 }), path: 'value.cause' },
  {
    source: 'Object.assign(new Point(1), { double: 2 })',
    value: () => Object.assign(new Point(1), { double: 2 }),
    path: 'value.double',
  },
  { source: '[10n ** 10_000n]', value: () => [10n ** 10_000n], path: 'value[0]' },
  { source: '/a/g with lastIndex 0.5', value: () => Object.assign(/a/g, { lastIndex: 0.5 }), path: 'value' },
  { source: 'a RegExp of 5000 characters', value: () => new RegExp('a'.repeat(5_000)), path: 'value' },
  {
    source: 'a URL with a user name of 1000 characters',
    value: () => new URL(`http://${'u'.repeat(1_000)}@a`),
    path: 'value',
  },
]

/** What a method throws. */
export const FAILURES: readonly FailureVector[] = [
  {
    source: 'new TypeError("no")',
    thrown: () => new TypeError('no'),
    exception: 'TypeError: no',
    error: '{"name":"TypeError","message":"no"}',
  },
  {
    source: 'new Error("a", { cause: new RangeError("b") })',
    thrown: () => new Error('a', { cause: new RangeError('b') }),
    exception: 'Error: a',
    error: '{"name":"Error","message":"a","cause":{"name":"RangeError","message":"b"}}',
    meta: '{"values":[["custom","Error"],{"cause":[["custom","Error"]]}],"v":1}',
  },
  {
    source: 'Object.assign(new Error("a"), { code: "E" })',
    thrown: () => Object.assign(new Error('a'), { code: 'E' }),
    exception: 'Error: a',
    error: '{"name":"Error","message":"a","fields":{"code":"E"}}',
  },
  {
    source: 'new AggregateError([new Error("a"), 2], "b")',
    thrown: () => new AggregateError([new Error('a'), 2], 'b'),
    exception: 'AggregateError: b',
    error: '{"name":"AggregateError","message":"b","errors":[{"name":"Error","message":"a"},2]}',
    meta: '{"values":[["custom","Error"],{"errors.0":[["custom","Error"]]}],"v":1}',
  },
  {
    source: 'new QuotaError("full", 0n), registered',
    thrown: () => new QuotaError('full', 0n),
    exception: 'QuotaError: full',
    error: '{"name":"QuotaError","message":"full","fields":{"left":"0"}}',
    meta: '{"values":[["custom","Error"],{"fields.left":["bigint"]}],"v":1}',
  },
  {
    source: 'new (class HttpError extends Error {})("gone")',
    thrown: () => new (class HttpError extends Error {})('gone'),
    exception: 'HttpError: gone',
    error: '{"name":"Error","message":"gone","type":"HttpError"}',
  },
  {
    source: 'new TimeoutError("add", 5), the library\'s own',
    thrown: () => new TimeoutError('add', 5),
    exception: 'TimeoutError: add was not answered within 5 ms',
    error:
      '{"name":"TimeoutError","message":"add was not answered within 5 ms","type":"redis-object-rpc/TimeoutError",' +
      '"fields":{"code":"ERR_TIMEOUT","operation":"add","timeoutMs":5}}',
  },
  {
    source: 'new DOMException("stop", "AbortError")',
    thrown: () => new DOMException('stop', 'AbortError'),
    exception: 'AbortError: stop',
    error: '{"name":"AbortError","message":"stop","type":"DOMException"}',
  },
  {
    source: 'Object.assign(new Error("a"), { f() {} })',
    thrown: () => Object.assign(new Error('a'), { f() {} }),
    exception: 'Error: a',
    error: '{"name":"Error","message":"a","omitted":["f"]}',
  },
  { source: '0', thrown: () => 0, exception: 'NonError: 0', error: '{"thrown":0}' },
  { source: '""', thrown: () => '', exception: 'NonError: ""', error: '{"thrown":""}' },
  {
    source: 'undefined',
    thrown: () => undefined,
    exception: 'NonError: undefined',
    error: '{"thrown":null}',
    meta: '{"values":{"thrown":["undefined"]},"v":1}',
  },
  { source: '{ a: 1 }', thrown: () => ({ a: 1 }), exception: 'NonError: an object', error: '{"thrown":{"a":1}}' },
  {
    source: '() => 1',
    thrown: () => () => 1,
    exception: 'SerializationError: thrown: a function cannot be sent; it stays in its process, so send data',
    error:
      '{"name":"SerializationError","message":"thrown: a function cannot be sent; it stays in its process, so send data",' +
      '"type":"redis-object-rpc/SerializationError","fields":{"code":"ERR_SERIALIZATION","path":"thrown"}}',
  },
]

function withoutStack(error: Error): Error {
  Object.defineProperty(error, 'stack', { value: undefined, configurable: true, writable: true })
  return error
}

function sparse(): unknown {
  const array = [1, 2, 3]
  delete array[1]
  return array
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function resizable(): unknown {
  const Resizable = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer
  return new Resizable(1, { maxByteLength: 2 })
}

function dateOfTwoMinds(): unknown {
  return Object.defineProperty(new Date(0), 'valueOf', { value: () => Number.NaN })
}
