import { expect } from 'chai'
import { SuperJSON } from 'superjson'
import { InvalidOptionError, MessageTooLargeError, ProtocolError, SerializationError } from '../../lib/errors.ts'
import { Codec, type RichText } from '../../lib/wire/codec.ts'
import { registerLeaves } from '../../lib/wire/leaf.ts'
import { checkText, DEFAULT_LIMITS } from '../../lib/wire/limits.ts'
import { expectSame } from './same.ts'
import { CLASSES, Point, QuotaError, REFUSALS, VECTORS } from './vectors.ts'

const codec = new Codec({ classes: CLASSES })

function travel(value: unknown, by: Codec = codec, to: Codec = by): unknown {
  return arrive(by.encode(value, 'value'), to)
}

function arrive(encoded: string | RichText, by: Codec = codec): unknown {
  if (typeof encoded === 'string') return by.decode(JSON.parse(encoded), undefined)
  return by.decode(JSON.parse(encoded.json), JSON.parse(encoded.meta))
}

describe('codec', () => {
  describe('writes and reads', () => {
    for (const { source, value, json, meta } of VECTORS) {
      it(source, () => {
        const encoded = codec.encode(value(), 'value')
        expect(encoded).to.deep.equal(meta === undefined ? json : { json, meta })
        expectSame(arrive(encoded), value())
      })
    }
  })

  describe('refuses', () => {
    for (const { source, value, path } of REFUSALS) {
      it(source, () => {
        expect(() => codec.encode(value(), 'value'))
          .to.throw(SerializationError)
          .with.property('path', path)
      })
    }

    it('an array nested deeper than the limit, a cycle through a getter included', () => {
      const deep = (levels: number, value: unknown): unknown => (levels === 0 ? value : [deep(levels - 1, value)])
      expectSame(travel(deep(500, 1)), deep(500, 1))
      expectSame(travel(deep(500, 1n)), deep(500, 1n))
      const endless = {
        get next(): unknown {
          return Object.create(Object.prototype, Object.getOwnPropertyDescriptors(endless))
        },
      }
      for (const value of [deep(501, 1), deep(501, 1n), deep(100_000 / 100, 1), endless]) {
        expect(() => codec.encode(value, 'value'))
          .to.throw(MessageTooLargeError)
          .with.property('limit', 'maxDepth')
      }
    })

    it('what surely takes more bytes than a message may, before it is written', () => {
      const small = new Codec({ limits: { maxMessageBytes: 1_024, maxDepth: 500 } })
      const long = 'x'.repeat(2_000)
      for (const value of [
        [long, 1n],
        { [long]: 1n },
        Buffer.alloc(1_000),
        new Error(long),
        Array(500).fill(undefined),
      ]) {
        expect(() => small.encode(value, 'value'))
          .to.throw(MessageTooLargeError)
          .with.property('limit', 'maxMessageBytes')
      }
    })

    it('what takes more bytes than a message may for its annotations alone', () => {
      const small = new Codec({ limits: { maxMessageBytes: 2_000, maxDepth: 500 } })
      const key = 'k'.repeat(200)
      expect(small.encode({ [key]: Array(5).fill(Number.NaN) }, 'value')).to.have.property('meta')
      expect(() => small.encode({ [key]: Array(20).fill(Number.NaN) }, 'value'))
        .to.throw(MessageTooLargeError)
        .with.property('limit', 'maxMessageBytes')
    })

    it('what a getter makes endless, as too deep', () => {
      const endless = {
        get next(): unknown {
          return endless.next
        },
      }
      expect(() => codec.encode([endless, 1n], 'value'))
        .to.throw(MessageTooLargeError)
        .with.property('limit', 'maxDepth')
    })

    it('arguments with a getter that throws, by their path', () => {
      const broken = {
        get x(): unknown {
          throw new Error('no')
        },
      }
      for (const encode of [
        () => codec.encodeAll([1, broken], 'args'),
        () => codec.encodeStep([1, broken], 'args', () => undefined),
      ])
        expect(encode).to.throw(SerializationError).with.property('path', 'args[1].x')
    })

    it('with a path that stays short', () => {
      const key = 'k'.repeat(10_000)
      expect(() => codec.encode({ [key]: () => 1 }, 'value')).to.throw(SerializationError, /^.{1,200}$/)
      let deep: unknown = () => 1
      for (let i = 0; i < 400; i++) deep = { 'a longer key': deep }
      expect(() => codec.encode(deep, 'value')).to.throw(SerializationError, /^value\["a longer key"\].{1,600}$/)
    })

    it('with a hint at what to do', () => {
      class Money {
        toJSON(): string {
          return '5 EUR'
        }
      }
      expect(() => codec.encode(new Money(), 'args')).to.throw(
        'args: an instance of Money cannot be sent; send what its toJSON() returns, or name the class in the option "classes" of both ends, or describe it in "types"',
      )
    })
  })

  describe('carries', () => {
    it('every typed array of the engine, in memory of its own', () => {
      for (const name of [
        'Uint8',
        'Uint8Clamped',
        'Int8',
        'Uint16',
        'Int16',
        'Uint32',
        'Int32',
        'Float32',
        'Float64',
      ]) {
        const View = (globalThis as unknown as Record<string, new (values: number[]) => Uint8Array>)[`${name}Array`]
        const value = new (View as new (values: number[]) => Uint8Array)([0, 1, 2, 100])
        const there = travel(value) as Uint8Array
        expectSame(there, value)
        expect(there.buffer.byteLength).to.equal(there.byteLength)
      }
      expectSame(travel(new BigUint64Array([2n ** 64n - 1n])), new BigUint64Array([2n ** 64n - 1n]))
      expectSame(travel(Buffer.alloc(0)), Buffer.alloc(0))
      const part = new Uint8Array([0, 1, 2, 3]).subarray(1, 3)
      expectSame(travel(part), new Uint8Array([1, 2]))
      expectSame(travel(new DataView(part.buffer, 2, 1)), new DataView(new Uint8Array([2]).buffer))
    })

    it('what a getter gives, as the property it looks like', () => {
      expectSame(travel({ get a() { return 1 } }), { a: 1 }) // biome-ignore format: one property
    })

    it('references shared between arguments', () => {
      const shared = { a: 1 }
      const there = travel([shared, [shared], new Set([shared])]) as [object, [object], Set<object>]
      expect(there[0]).to.equal(there[1][0])
      expect(there[2].has(there[0])).to.equal(true)
    })

    it('identities that superjson itself loses', () => {
      const y = {}
      const x = { y }
      const there = travel({ z: y, a: { b: x }, c: x }) as { z: object; a: { b: object }; c: { y: object } }
      expect(there.c.y).to.equal(there.z)
      expect(there.a.b).to.equal(there.c)
    })

    it('a shared object again for readers without `meta`, but no bomb of them', () => {
      let bomb: unknown[] = ['x']
      for (let i = 0; i < 40; i++) bomb = [bomb, bomb]
      const encoded = codec.encode(bomb, 'value') as RichText
      expect(encoded.json.length).to.be.lessThan(140_000)
      expectSame(arrive(encoded), bomb)
      const owner = { name: 'Ada' }
      expect((codec.encode({ owner, rows: [{ owner }] }, 'value') as RichText).json).to.equal(
        '{"owner":{"name":"Ada"},"rows":[{"owner":{"name":"Ada"}}]}',
      )
    })

    it('a shared object at another depth, within the depth that the far end reads', () => {
      const deep = (levels: number, value: unknown): unknown => (levels === 0 ? value : [deep(levels - 1, value)])
      for (const levels of [50, 100, 200, 300, 399]) {
        const shared = deep(levels, 1)
        const value = [shared, deep(400, shared), deep(98, new Map([[1, shared]]))]
        const { json } = codec.encode(value, 'value') as RichText
        checkText(`{"function_call":{"args":${json}}}`, codec.limits)
        expectSame(travel(value), value)
      }
    })

    it('keys that annotations have to escape, and those of Object.prototype', () => {
      const value = Object.fromEntries(
        ['a.b', '\\', '\\.', '.', '', ' ', '0', 'constructor', 'prototype', 'toString', 'then', 'values', 'ключ'].map(
          (key) => [key, { [key]: 1n }],
        ),
      )
      expectSame(travel(value), value)
    })

    it('surrogates, well-formed or not, as they are', () => {
      const value = ['😀', '\ud83d', '\ude00\ud83d', { '\udfff': '\ud800' }]
      expectSame(travel(value), value)
      expectSame(travel([...value, undefined]), [...value, undefined])
    })

    it('instances of registered classes, without running their code', () => {
      let constructed = 0
      class Counter {
        n = 0
        constructor() {
          constructed++
        }
        set half(_: number) {
          throw new Error('a setter ran')
        }
      }
      const by = new Codec({ classes: [Counter] })
      const value = Object.assign(new Counter(), { n: 5, at: new Date(0) })
      Object.defineProperty(value, 'half', { value: 2, enumerable: true })
      const there = travel({ a: value, b: value }, by) as { a: Counter; b: Counter }
      expect(there.a).to.be.instanceOf(Counter)
      expect(there.a).to.equal(there.b)
      expect({ ...there.a }).to.deep.equal({ n: 5, at: new Date(0), half: 2 })
      expect(constructed).to.equal(1)
    })

    it('errors among values', () => {
      const value = { e: new RangeError('low', { cause: new QuotaError('full', 5n) }) }
      expectSame(travel(value), value)
      const there = travel(value) as { e: Error }
      expect(there.e.stack).to.equal(value.e.stack)
      const discreet = new Codec({ exposeStacks: false })
      expect((travel(value, discreet) as { e: Error }).e.stack).to.equal('RangeError: low')
    })
  })

  it('refuses to decode a class that is not registered, and names it', () => {
    const encoded = codec.encode(new Point(1), 'value')
    expect(() => arrive(encoded, new Codec())).to.throw(ProtocolError, '"Point"')
  })

  it('refuses classes that it could not carry', () => {
    class Dict extends Map {}
    const Named = (name: string): typeof Point => Object.defineProperty(class extends Point {}, 'name', { value: name })
    const arrow = (() => 1) as unknown as typeof Point
    for (const classes of [[Dict], [Named('')], [Named('Error')], [Named('A'), Named('A')], [arrow]]) {
      expect(() => new Codec({ classes })).to.throw(InvalidOptionError, 'classes')
    }
    const own = { 'redis-object-rpc/TimeoutError': QuotaError }
    for (const classes of [{ Dict }, { '': Point }, { Error: QuotaError }, { A: Point, B: Point }, own]) {
      expect(() => new Codec({ classes })).to.throw(InvalidOptionError, 'classes')
    }
    expect(() => new Codec({ classes: [Point, Point] })).not.to.throw()
  })

  it('registers a class under the name that an object gives it, whatever the class calls itself', () => {
    class P extends Point {}
    class Q extends QuotaError {}
    const there = travel(
      [new Point(1), new QuotaError('full', 2n)],
      new Codec({ classes: { 'geo/Point': Point, Quota: QuotaError } }),
      new Codec({ classes: { 'geo/Point': P, Quota: Q } }),
    ) as unknown[]
    expect(there[0]).to.be.instanceOf(P)
    expect(there[1]).to.be.instanceOf(Q)
  })

  describe('agrees with superjson', () => {
    const peer = new SuperJSON()
    registerLeaves(peer)
    peer.registerClass(Point)

    // It loses null prototypes, cannot follow a path into a Map that it has built already, and leaves errors to us.
    const own = /null-prototype|"Error"|0\.0\.0/
    const common = VECTORS.filter(({ meta }) => meta === undefined || !own.test(meta))

    // It refuses the key `constructor`.
    for (const { source, value, json, meta } of common.filter(({ json }) => !json.includes('constructor'))) {
      it(`which encodes ${source} alike`, () => {
        const encoded = peer.serialize(value())
        expect(JSON.parse(JSON.stringify(encoded.json))).to.deep.equal(JSON.parse(json))
        expect(encoded.meta).to.deep.equal(meta === undefined ? undefined : JSON.parse(meta))
      })
    }

    for (const { source, value, json, meta } of common) {
      it(`which decodes ${source} alike`, () => {
        const parsed = meta === undefined ? {} : { meta: JSON.parse(meta) }
        expectSame(peer.deserialize({ json: JSON.parse(json), ...parsed }), value())
      })
    }
  })

  it('keeps the limits of messages by default', () => {
    expect(codec.limits).to.equal(DEFAULT_LIMITS)
  })
})
