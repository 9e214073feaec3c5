import { expect } from 'chai'
import { SuperJSON } from 'superjson'
import { InvalidOptionError, MessageTooLargeError, ProtocolError, SerializationError } from '../../lib/errors.ts'
import { isRemote, RedisRPCClient } from '../../lib/index.ts'
import { Codec, type RichText, type ValueType } from '../../lib/wire/codec.ts'
import { decodeFailure, encodeFailure } from '../../lib/wire/failure.ts'
import { checkText } from '../../lib/wire/limits.ts'
import { expectSame } from './same.ts'
import { Point, TYPED, TYPES } from './vectors.ts'

/** Has a private field, so that nothing but its own methods can make one. */
class Box {
  readonly #content: unknown
  constructor(content: unknown) {
    this.#content = content
  }
  open(): unknown {
    return this.#content
  }
}

const box: ValueType<Box> = {
  name: 'Box',
  is: (value) => value instanceof Box,
  encode: (value) => value.open(),
  decode: (content) => new Box(content),
}

const codec = new Codec({ classes: [Point], types: [box] })

function arrive(encoded: string | RichText, by: Codec = codec): unknown {
  if (typeof encoded === 'string') return by.decode(JSON.parse(encoded), undefined)
  return by.decode(JSON.parse(encoded.json), JSON.parse(encoded.meta), 'args')
}

function travel<T>(value: T, by: Codec = codec): T {
  return arrive(by.encode(value, 'args'), by) as T
}

function content(value: unknown): unknown {
  expect(value).to.be.instanceOf(Box)
  return (value as Box).open()
}

function refusal(value: unknown, by: Codec = codec): SerializationError {
  try {
    by.encode(value, 'args')
  } catch (error) {
    if (error instanceof SerializationError) return error
    throw error
  }
  throw new Error('it travels')
}

describe('types that the user describes', () => {
  describe('carry their values', () => {
    it('wherever they are', () => {
      const value = {
        array: [new Box(1)],
        map: new Map([[new Box('k'), new Box('v')]]),
        set: new Set([new Box(2)]),
        bare: Object.assign(Object.create(null), { box: new Box(3) }),
        instance: Object.assign(new Point(1), { box: new Box(4) }),
        error: Object.assign(new Error('no', { cause: new Box(5) }), { box: new Box(6) }),
      }
      const there = travel(value)
      const [[key, mapped]] = [...there.map] as [[Box, Box]]
      const boxes = [there.array[0], key, mapped, [...there.set][0], there.bare.box, there.instance.box]
      expect(boxes.map(content)).to.deep.equal([1, 'k', 'v', 2, 3, 4])
      expect([there.error.cause, there.error.box].map(content)).to.deep.equal([5, 6])
      expect(content(travel(new Box('root')))).to.equal('root')
    })

    it('as one where they are one, and as many where they are many', () => {
      const value = new Box(1)
      const there = travel({ a: value, b: [value], c: new Map([[value, value]]), other: new Box(1) })
      expect(there.b[0]).to.equal(there.a)
      expect([...there.c][0]).to.deep.equal([there.a, there.a])
      expect(there.other).not.to.equal(there.a)
    })

    it('with anything that travels for their content', () => {
      const shared = { x: 1n }
      const cyclic: { self?: unknown; list: unknown[] } = { list: [shared, shared, undefined] }
      cyclic.self = cyclic
      for (const inside of [
        null,
        undefined,
        5n,
        -0,
        'text',
        [],
        {},
        [new Date(0), [/a/g]],
        new Map([[{ a: 1 }, new Set([Number.NaN])]]),
        Buffer.from('hi'),
        new RangeError('low', { cause: [1n] }),
        new Point(2, new Date(5)),
        Object.assign(Object.create(null), { a: undefined }),
        { 'a.b': { '\\': 1n } },
        cyclic,
      ]) {
        expectSame(content(travel([new Box(inside)])[0]), inside)
        expectSame(content(travel(new Box(inside))), inside)
      }
    })

    it('in each other', () => {
      const inner = new Box({ at: new Date(0) })
      const there = travel({ deep: new Box(new Map([['k', new Box([inner, inner])]])) })
      const [first, second] = content((content(there.deep) as Map<string, Box>).get('k')) as [Box, Box]
      expect(first).to.equal(second)
      expectSame(content(first), { at: new Date(0) })
      expect(content(content(travel(new Box(new Box(1n)))))).to.equal(1n)
    })

    it('down to the depth that the far end reads', () => {
      let value: unknown = 1n
      for (let i = 0; i < 249; i++) value = new Box(value)
      const { json, meta } = codec.encode(value, 'args') as RichText
      checkText(`{"function_call":{"args":${json}},"meta":${meta}}`, codec.limits)
      let there = travel(value)
      for (let i = 0; i < 249; i++) there = content(there)
      expect(there).to.equal(1n)
      expect(() => codec.encode(new Box(new Box(value)), 'args')).to.throw(MessageTooLargeError)
    })

    it('that inherit from built-in classes, and functions', () => {
      class Stack extends Array<number> {}
      class Dict extends Map<string, number> {}
      class Broke extends Error {}
      const named = (name: string): (() => string) => Object.defineProperty(() => name, 'name', { value: name })
      const types: ValueType[] = [
        {
          name: 'Stack',
          is: (v) => v instanceof Stack,
          encode: (v: Stack) => [...v],
          decode: (a) => Stack.from(a as number[]),
        },
        {
          name: 'Dict',
          is: (v) => v instanceof Dict,
          encode: (v: Dict) => new Map(v),
          decode: (m) => new Dict(m as Dict),
        },
        {
          name: 'Broke',
          is: (v) => v instanceof Broke,
          encode: (v: Broke) => v.message,
          decode: (m) => new Broke(m as string),
        },
        {
          name: 'handler',
          is: (v) => typeof v === 'function',
          encode: (v: () => void) => v.name,
          decode: (n) => named(n as string),
        },
      ]
      const by = new Codec({ types })
      const there = travel([Stack.from([1, 2]), new Dict([['a', 1]]), new Broke('no'), named('f')] as const, by)
      expect([there[0] instanceof Stack, ...there[0]]).to.deep.equal([true, 1, 2])
      expect([there[1] instanceof Dict, ...there[1]]).to.deep.equal([true, ['a', 1]])
      expect([there[2] instanceof Broke, there[2].message]).to.deep.equal([true, 'no'])
      expect(there[3]()).to.equal('f')
    })

    for (const { source, value, json, meta } of TYPED) {
      it(`exactly so: ${source}`, () => {
        const by = new Codec({ types: TYPES })
        const encoded = by.encode(value(), 'value')
        expect(encoded).to.deep.equal({ json, meta })
        expectSame(arrive(encoded, by), value())
      })
    }

    it('as superjson does whose content is plain', () => {
      const peer = new SuperJSON()
      peer.registerCustom<Box, string>(
        {
          isApplicable: (value): value is Box => value instanceof Box,
          serialize: (value) => value.open() as string,
          deserialize: (text) => new Box(text),
        },
        'Box',
      )
      const value = { a: [new Box('x')], m: new Map([['k', new Box('y')]]) }
      const { json, meta } = codec.encode(value, 'value') as RichText
      expect(peer.serialize(value)).to.deep.equal({ json: JSON.parse(json), meta: JSON.parse(meta) })
    })
  })

  it('are not asked about plain values and remote objects', () => {
    const asked: unknown[] = []
    const nosy: ValueType = { ...(box as ValueType), is: (value) => asked.push(value) < 0 }
    const by = new Codec({ types: [nosy] })
    const date = new Date(0)
    travel({ a: [1, 'x', null, undefined, 5n, true], b: { c: [] }, date }, by)
    expect(asked).to.deep.equal([date])
    const remote = new RedisRPCClient<{ f(): void }>('redis://127.0.0.1:1', 'x')
    expect(refusal([remote], by).message).to.match(/remote object/)
    expect(asked).to.deep.equal([date])
  })

  describe('are thrown', () => {
    class Broke extends Error {
      readonly #by: number
      constructor(by: number) {
        super('broke')
        this.#by = by
      }
      get by(): number {
        return this.#by
      }
    }
    const broke: ValueType<Broke, { thrown: number }> = {
      name: 'Broke',
      is: (value) => value instanceof Broke,
      encode: (value) => ({ thrown: value.by }),
      decode: ({ thrown }) => new Broke(thrown),
    }
    const arrived = (thrown: unknown, by: Codec): unknown => {
      const { exception, error, meta } = encodeFailure(thrown, by, { exposeStacks: false })
      return decodeFailure({ exception, error: JSON.parse(error), meta: meta && JSON.parse(meta) }, by)
    }

    it('as what they are, errors or not', () => {
      const by = new Codec({ types: [box, broke] })
      const there = arrived(new Broke(5), by) as Broke
      expect(there).to.be.instanceOf(Broke)
      expect(there.by).to.equal(5)
      expect(isRemote(there)).to.equal(true)
      expect(content(arrived(new Box(1n), by))).to.equal(1n)
      expect((arrived(new TypeError('no', { cause: new Broke(7) }), by) as { cause: Broke }).cause.by).to.equal(7)
    })

    it('as other errors are, when their description fails', () => {
      const fail = (): never => {
        throw new Error('the description is broken')
      }
      for (const part of ['is', 'encode'] as const) {
        const there = arrived(new Broke(5), new Codec({ types: [{ ...(broke as ValueType), [part]: fail }] })) as Error
        expect([there.name, there.message]).to.deep.equal(['Broke', 'broke'])
      }
    })
  })

  describe('refuse, and name the place,', () => {
    const broken = (part: 'is' | 'encode' | 'decode', by: () => unknown): Codec =>
      new Codec({ types: [{ ...(box as ValueType), [part]: by }] })
    const cause = new Error('it is broken')
    const fail = (): never => {
      throw cause
    }

    it('when a function throws', () => {
      for (const part of ['is', 'encode'] as const) {
        const error = refusal([{ price: new Box(1) }], broken(part, fail))
        expect(error.path).to.equal('args[0].price')
        expect(error.message).to.equal(`args[0].price: ${part}() of the type "Box" threw: it is broken`)
        expect(error.cause).to.equal(cause)
      }
      const encoded = codec.encode([{ price: new Map([['k', [new Box(new Box(1))]]]) }], 'args')
      try {
        arrive(encoded, broken('decode', fail))
        expect.fail('it arrived')
      } catch (error) {
        expect(error).to.be.instanceOf(SerializationError)
        expect((error as SerializationError).path).to.equal('args[0].price[0][1][0]')
        expect((error as Error).message).to.match(/: decode\(\) of the type "Box" threw: it is broken$/)
        expect((error as Error).cause).to.equal(cause)
      }
    })

    it('when a function throws what is no error, or something that cannot be read', () => {
      for (const thrown of [
        undefined,
        0,
        'text',
        Object.create(null),
        {
          get message() {
            return fail()
          },
        },
      ]) {
        // biome-ignore format: one line
        const by = broken('encode', () => {
          throw thrown
        })
        expect(refusal(new Box(1), by).message).to.equal('args: encode() of the type "Box" threw')
      }
    })

    it('when a function is asynchronous', () => {
      const later = async (): Promise<unknown> => fail()
      for (const part of ['is', 'encode'] as const) {
        expect(refusal(new Box(1), broken(part, later)).message).to.match(/is asynchronous, which it must not be$/)
      }
      expect(() => arrive(codec.encode(new Box(1), 'args'), broken('decode', later))).to.throw(
        SerializationError,
        'args: decode() of the type "Box" is asynchronous',
      )
    })

    it('what is in the content and does not travel', () => {
      const error = refusal([new Box({ a: [Symbol('s')] })])
      expect(error.path).to.equal('args[0].a[0]')
      expect(refusal([new Box(() => 1)]).path).to.equal('args[0]')
    })

    it('a value that is in its own content', () => {
      const list: unknown[] = []
      const own = new Box(list)
      list.push({ own })
      expect(refusal({ deep: own }).message).to.equal(
        'args.deep[0].own: is in what encode() of the type "Box" returned for it',
      )
      const around = { of: new Box(list) }
      list.push(around)
      expect(refusal(around)).to.be.instanceOf(SerializationError)
      expect(refusal(new Box(1), broken('encode', () => { throw refusal(() => 1) })).path).to.equal('args') // biome-ignore format: one line
      const again = new Codec({ types: [{ ...(box as ValueType), encode: (value) => value }] })
      expect(refusal([new Box(1)], again).path).to.equal('args[0]')
    })

    it('one whose content is another such value without end', () => {
      const endless = new Codec({ types: [{ ...(box as ValueType), encode: () => new Box(1) }] })
      expect(() => endless.encode(new Box(1), 'args')).to.throw(MessageTooLargeError, 'maxDepth')
    })
  })

  it('are unknown where they are not described, which the error says', () => {
    const encoded = codec.encode([new Box(1)], 'args')
    expect(() => arrive(encoded, new Codec())).to.throw(
      ProtocolError,
      /type "Box", which the other end sent, is not described at this end; .* option "types"/,
    )
  })

  it('are checked at construction', () => {
    const named = (name: unknown): ValueType => ({ ...(box as ValueType), name: name as string })
    const without = (part: string): ValueType => ({ ...(box as ValueType), [part]: undefined })
    const bad: readonly (readonly unknown[])[] = [
      [null],
      ['Box'],
      [{}],
      [named('')],
      [named(5)],
      ...['is', 'encode', 'decode'].map((part) => [without(part)]),
      [box, named('Box')],
      [named('Point')],
      ...['Error', 'TypeError', 'Buffer', 'Uint8Array', 'RegExp', 'InvalidDate', 'null-prototype', 'Map', 'bigint'].map(
        (name) => [named(name)],
      ),
      [named('redis-object-rpc/TimeoutError')],
    ]
    for (const types of bad) {
      expect(() => new Codec({ classes: [Point], types: types as ValueType[] }), String(types[0]))
        .to.throw(InvalidOptionError)
        .with.property('option', 'types')
    }
    for (const types of [5, {}, 'Box', new Set([box])]) {
      expect(() => new RedisRPCClient('redis://127.0.0.1:1', 'x', { types: types as never })).to.throw(
        InvalidOptionError,
      )
    }
  })

  describe('of a hostile peer', () => {
    const refused: Readonly<Record<string, readonly [json: unknown, meta: unknown]>> = {
      'an annotation with too many parts': [['a'], { values: { 0: [['custom', 'Box'], {}, {}, {}] }, v: 1 }],
      'notes that are none': [['a'], { values: { 0: [['custom', 'Box'], 5] }, v: 1 }],
      'a place that is not there': [['a'], { values: { 0: [['custom', 'Box'], { x: ['Date'] }] }, v: 1 }],
      'identities that are none': [['a'], { values: { 0: [['custom', 'Box'], {}, 5] }, v: 1 }],
      'a path from outside into what is inside': [
        [{ in: 1 }, 2],
        { values: { 0: [['custom', 'Frozen']] }, referentialEqualities: { 1: ['0.in'] }, v: 1 },
      ],
      'a name of Object.prototype': [['a'], { values: { 0: [['custom', 'toString']] }, v: 1 }],
      'a name that is no text': [['a'], { values: { 0: [['custom', { toString: 1 }]] }, v: 1 }],
    }
    const frozen: ValueType = {
      name: 'Frozen',
      is: () => false,
      encode: (value) => value,
      decode: (value) => Object.freeze(value),
    }
    const by = new Codec({ types: [box, frozen] })
    for (const [what, [json, meta]] of Object.entries(refused)) {
      it(`refuse ${what}`, () => {
        expect(() => by.decode(json, meta)).to.throw(ProtocolError)
      })
    }
  })
})
