import assert from 'node:assert/strict'
import { format, inspect, isDeepStrictEqual } from 'node:util'
import { equals, iterableEquality, typeEquality } from '@jest/expect-utils'
import { expect } from 'chai'
import { plugins, format as prettyFormat } from 'pretty-format'
import { isLocalName } from '../../lib/util/local-names.ts'
import { methodProxy } from '../../lib/util/method-proxy.ts'
import { passes, refuse } from './strict-mode.ts'

type Anything = Record<PropertyKey, (...args: unknown[]) => unknown>

describe('a proxy of something elsewhere', () => {
  let calls: string[]
  const make = (label = 'remote object calc') =>
    methodProxy(label, async (method) => void calls.push(method)) as unknown as Anything
  let client: Anything
  beforeEach(() => {
    calls = []
    client = make()
  })
  afterEach('nothing that only looked at it has called a method', () => {
    expect(calls).to.deep.equal([])
  })

  it('has a method for every other name, the same at each look', async () => {
    const names = ['add', '', '0', 'size', 'length', 'equals', 'get', 'constructors', '$transaction', '@', 'rpc.ping']
    for (const name of names) {
      expect(client[name], name).to.be.a('function')
      expect(client[name], name).to.equal(client[name])
      await client[name]?.()
    }
    expect(calls.splice(0)).to.deep.equal(names)
  })

  it('has nothing by the names by which code finds out what an object is', () => {
    const names = [
      ...['then', 'catch', 'finally'],
      ...['toJSON', 'toBSON', 'toObject', 'toPostgres', 'toSqlString', 'toHTML', 'inspect'],
      ...['asymmetricMatch', '$$typeof', '_isMockFunction', 'jasmineToString'],
      ...['nodeType', 'nodeName', 'tagName', 'hasAttribute', 'jquery'],
      ...['@@__IMMUTABLE_ITERABLE__@@', '@@__IMMUTABLE_RECORD__@@', '@@iterator', '@@observable', 'hashCode'],
      ...['__v_isRef', '__v_skip', '__v_raw', '__esModule', '_bsontype', '_isVue', '_isAMomentObject', '$__'],
      ...['onModuleInit', 'onModuleDestroy', 'onApplicationBootstrap', 'onApplicationShutdown'],
      ...[Symbol.iterator, Symbol.asyncIterator, Symbol.dispose, Symbol.for('nodejs.util.promisify.custom')],
    ]
    for (const name of names) {
      expect(client[name], String(name)).to.equal(undefined)
      expect(name in client, String(name)).to.equal(false)
    }
  })

  it('answers for itself what every object answers', () => {
    expect(client.toString?.()).to.equal('[remote object calc]')
    expect(client.toLocaleString?.()).to.equal('[remote object calc]')
    expect(client.valueOf?.()).to.equal(client)
    for (const name of ['hasOwnProperty', 'propertyIsEnumerable', 'isPrototypeOf']) {
      expect(client[name]?.('add'), name).to.equal(false)
    }
    expect(client).to.be.instanceOf(client.constructor).and.instanceOf(Object)
    expect(client.constructor?.name).to.equal('remote object calc')
    expect(Reflect.get(client, '__proto__')).to.equal(Object.getPrototypeOf(client))
    for (const name of Object.getOwnPropertyNames(Object.prototype)) expect(isLocalName(name), name).to.equal(true)
  })

  it('is printed as what it is', () => {
    expect(inspect({ client })).to.equal('{ client: [remote object calc] }')
    expect(format('%s %O', client, client)).to.equal('[remote object calc] [remote object calc]')
    expect(`${client} ${String(client)} ${[client]}`).to.equal(Array(3).fill('[remote object calc]').join(' '))
    expect(Number(client)).to.be.NaN
    expect(Object.prototype.toString.call(client)).to.match(/^\[object remote object calc #\d+\]$/)
    expect(prettyFormat({ client }, { plugins: Object.values(plugins) })).to.equal(
      'Object {\n  "client": remote object calc {},\n}',
    )
    expect(JSON.stringify({ client })).to.equal('{"client":{}}')
  })

  it('is awaited without being called', async () => {
    expect(await client).to.equal(client)
    expect(await Promise.all([client])).to.have.ordered.members([client])
  })

  const comparisons: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
    'Jest, toEqual': (a, b) => equals(a, b, [iterableEquality]),
    'Jest, toStrictEqual': (a, b) => equals(a, b, [iterableEquality, typeEquality], true),
    'node, strict': isDeepStrictEqual,
    'node, loose': (a, b) => passes(() => assert.deepEqual(a, b)),
    chai: (a, b) => passes(() => expect(a).to.deep.equal(b)),
    'its class': (a, b) => (a as object).constructor === (b as object).constructor,
  }
  for (const [kind, same] of Object.entries(comparisons)) {
    it(`equals itself and nothing else: ${kind}`, () => {
      expect(same(client, client), 'itself').to.equal(true)
      for (const other of [
        make(),
        make('remote object bank'),
        {},
        Object.create(null),
        5,
        'x',
        null,
        undefined,
        [],
        () => 1,
      ]) {
        expect(same(client, other ?? {}), inspect(other)).to.equal(false)
        if (kind === 'its class') continue
        expect(same(other, client), inspect(other)).to.equal(false)
        expect(same({ client }, { client: other }), inspect(other)).to.equal(false)
        expect(same([[client]], [[other]]), inspect(other)).to.equal(false)
        expect(same(new Map([[1, client]]), new Map([[1, other]])), inspect(other)).to.equal(false)
      }
      if (kind !== 'its class') expect(same({ a: [client] }, { a: [client] }), 'in others').to.equal(true)
    })
  }

  it('is no asymmetric matcher', () => {
    expect(equals([client], [5, 1])).to.equal(false)
    expect(equals(5, client)).to.equal(false)
  })

  const changes: Readonly<Record<string, (object: Anything) => unknown>> = {
    'Object.freeze': (object) => Object.freeze(object),
    'Object.seal': (object) => Object.seal(object),
    'Object.preventExtensions': (object) => Object.preventExtensions(object),
    'Object.setPrototypeOf': (object) => Object.setPrototypeOf(object, null),
    'setting __proto__': (object) => refuse(Reflect.set(object, '__proto__', null)),
    'Object.defineProperty': (object) => Object.defineProperty(object, 'add', { value: 1 }),
    'Object.defineProperty with a symbol': (object) => Object.defineProperty(object, Symbol.iterator, { value: 1 }),
    'Object.defineProperty, configurable': (object) =>
      Object.defineProperty(object, 'x', { get: () => 1, configurable: true }),
    'Object.assign': (object) => Object.assign(object, { add: 1 }),
    assignment: (object) => {
      object.add = () => 1
    },
    'assignment of a local name': (object) => refuse(Reflect.set(object, 'then', () => 1)),
    'assignment of what every object has': (object) => refuse(Reflect.set(object, 'toString', () => '')),
    delete: (object) => Reflect.deleteProperty(object, 'add'),
    'delete of what every object has': (object) => Reflect.deleteProperty(object, 'toString'),
    __defineGetter__: (object) => object.__defineGetter__?.('add', () => 1),
    structuredClone: (object) => structuredClone(object),
  }
  for (const [kind, change] of Object.entries(changes)) {
    it(`refuses it or is no different after it: ${kind}`, async () => {
      const before = client.add
      try {
        change(client)
      } catch (error) {
        if (kind === 'structuredClone') expect(error).to.include({ name: 'DataCloneError' })
        else expect(error).to.be.instanceOf(TypeError)
      }
      expect(Object.keys(client)).to.deep.equal([])
      expect(Reflect.ownKeys(client)).to.deep.equal([])
      expect(Object.getOwnPropertyDescriptors(client)).to.deep.equal({})
      expect({ ...client }).to.deep.equal({})
      expect(Object.entries(client)).to.deep.equal([])
      const found: string[] = []
      for (const name in client) found.push(name)
      expect(found).to.deep.equal([])
      expect('add' in client || Object.hasOwn(client, 'add')).to.equal(false)
      expect(JSON.stringify({ client })).to.equal('{"client":{}}')
      expect(client.toString?.()).to.equal('[remote object calc]')
      expect([Object.isFrozen(client), Object.isSealed(client), Object.isExtensible(client)]).to.deep.equal([
        true,
        true,
        false,
      ])
      expect(await client).to.equal(client)
      expect(client.add).to.equal(before)
      await client.add?.()
      await client.other?.()
      expect(calls.splice(0)).to.deep.equal(['add', 'other'])
    })
  }

  it('lets what inherits from it have properties of its own', async () => {
    const heir = Object.create(client, { own: { value: 1 } })
    expect(heir.own).to.equal(1)
    await heir.add()
    expect(calls.splice(0)).to.deep.equal(['add'])
  })
})
