import { EventEmitter } from 'node:events'
import { mock } from 'node:test'
import { createContext, runInContext } from 'node:vm'
import { expect } from 'chai'
import { InvalidOptionError, MethodNotFoundError } from '../../lib/errors.ts'
import { exposedMembers } from '../../lib/expose/expose.ts'
import { MOST_NAMESPACES } from '../../lib/expose/listing.ts'
import { methodProxy } from '../../lib/util/method-proxy.ts'

class Users {
  readonly db = { drop: () => 'dropped', query: (text: string) => `asked ${text}` }
  readonly #names = ['ann', 'bob']
  find(id: number): string | undefined {
    return this.#names[id]
  }
  _internal(): void {}
  get first(): () => string {
    return () => 'ann'
  }
}

const names = (target: object, expose?: readonly string[]): string[] =>
  [...exposedMembers('shop', target, { expose }).methods.keys()].sort()
const call = (target: object, name: string, ...args: unknown[]): unknown => {
  const method = exposedMembers('shop', target).methods.get(name)
  if (method === undefined) throw new MethodNotFoundError(name, 'shop')
  return method(args)
}
/** Namespaces inside one another, `depth` of them, with a method in the last. */
const nested = (depth: number): object => (depth === 0 ? { run: () => 'run' } : { in: nested(depth - 1) })

describe('namespaces', () => {
  it('are the plain objects and the instances that a plain object holds', () => {
    const target = { add: (a: number) => a, users: new Users(), orders: { find: (id: number) => `order ${id}`, old: { count: () => 5 } } } // biome-ignore format: one line
    expect(names(target)).to.deep.equal(['add', 'orders.find', 'orders.old.count', 'users.find'])
    expect(call(target, 'users.find', 1), 'with private fields').to.equal('bob')
    expect(call(target, 'orders.find', 7)).to.equal('order 7')
    expect(call(target, 'orders.old.count')).to.equal(5)
  })

  it('may have no prototype, be frozen, or be a module', async () => {
    const bare = Object.assign(Object.create(null), { find: () => 1 })
    expect(names({ bare, frozen: Object.freeze({ find: () => 1 }) })).to.deep.equal(['bare.find', 'frozen.find'])
    expect(names(Object.freeze(Object.assign(Object.create(null), { bare })))).to.deep.equal(['bare.find'])
    expect(names({ path: await import('../helpers/until.ts') })).to.include('path.until')
  })

  it('may be of another realm, whose built-in classes are values as ours are', () => {
    const code = '({ users: { find() { return 1 } }, map: new Map(), date: new Date(), list: [{ run() {} }] })'
    const target = runInContext(code, createContext()) as object
    expect(names(target)).to.deep.equal(['users.find'])
    expect(names({ target })).to.deep.equal(['target.users.find'])
  })

  it('are not what an instance holds in its fields, here and in a namespace', () => {
    class Shop {
      readonly users = new Users()
      open(): void {}
    }
    expect(names(new Shop())).to.deep.equal(['open'])
    expect(names({ shop: new Shop() })).to.deep.equal(['shop.open'])
  })

  it('are not arrays, functions with fields, classes, or what travels as a value', () => {
    const fn = Object.assign(() => 1, { inner: () => 2, deep: { run: () => 3 } })
    const target = { fn, list: [{ run: () => 1 }], Users, map: new Map(), date: new Date(), bytes: Buffer.from('a'), promise: Promise.resolve(), error: new Error('x'), url: new URL('a:b'), sub: new (class extends Map {})() } // biome-ignore format: one line
    expect(names(target)).to.deep.equal(['fn'])
    const isValue = (object: object) => object instanceof Users
    expect([...exposedMembers('shop', { a: () => 1, users: new Users() }, { isValue }).methods.keys()]).to.deep.equal(['a']) // biome-ignore format: one line
  })

  it('are not what is made from a class of the platform, such as a connection, nor what is elsewhere', () => {
    class Connection extends EventEmitter {
      query(): void {}
    }
    class Target extends EventTarget {
      query(): void {}
    }
    const target = { a: () => 1, db: new Connection(), target: new Target(), other: methodProxy('other', () => 1) }
    expect(names(target)).to.deep.equal(['a'])
    expect(names(target, ['a', 'db', 'target'])).to.deep.equal(['a', 'db.query', 'target.query'])
  })

  it('have names that are neither local nor the private ones of an object', () => {
    const run = () => 1
    const target = { a: run, _db: { run }, catch: { run }, $$x: { run }, constructor: { run }, toJSON: { run }, b: { catch: run, _c: run, d: run } } // biome-ignore format: one line
    expect(names(target)).to.deep.equal(['a', 'b.d'])
    expect(names({ ...target, ['__proto__']: { run } })).to.deep.equal(['a', 'b.d'])
  })

  it('are not found behind accessors and symbols, which are not run', () => {
    let runs = 0
    const target = {
      a: () => 1,
      get users(): object {
        runs++
        throw new Error('not yet')
      },
      [Symbol('users')]: { find: () => 1 },
    }
    expect(names(target)).to.deep.equal(['a'])
    expect(runs).to.equal(0)
  })

  it('may be data: then they are nothing, whatever they contain, and however often', () => {
    const data: Record<string, unknown> = { 'a.b': { 'c.d': 1 }, deep: {} }
    data.self = data
    let at = data.deep as Record<string, unknown>
    for (let i = 0; i < 50_000; i++) at = at.next = {} as Record<string, unknown>
    let shared: object = {}
    for (let i = 0; i < 7; i++)
      shared = Object.fromEntries(Array.from({ length: 100 }, (_, key) => [`k${key}`, shared]))
    expect(names({ add: () => 1, data, shared })).to.deep.equal(['add'])
  })

  it('are refused with a dot in a name of theirs or of a method', () => {
    for (const [target, name] of [
      [{ 'a.b': () => 1 }, 'a.b'],
      [{ 'a.b': { run: () => 1 } }, 'a.b'],
      [{ a: { 'b.c': () => 1 } }, 'b.c'],
      [{ a: { '.': { run: () => 1 } } }, '.'],
      [new (class { 'a.b'(): void {} })(), 'a.b'], // biome-ignore format: one line
    ] as const) {
      expect(() => names(target), name)
        .to.throw(InvalidOptionError, `no dots in their names, as "${name}" has`)
        .with.property('option', 'target')
    }
  })

  it('are refused when they contain themselves', () => {
    const self: Record<string, unknown> = { run: () => 1 }
    self.again = self
    expect(() => names(self)).to.throw(InvalidOptionError, 'as "again" does, being the target itself')
    const parent: Record<string, unknown> = { child: { run: () => 1 } }
    ;(parent.child as Record<string, unknown>).parent = parent
    expect(() => names({ a: parent })).to.throw(InvalidOptionError, 'as "a.child.parent" does, being "a"')
    expect(names(self, ['run', 'again.run', 'again.again.run'])).to.deep.equal(['again.again.run', 'again.run', 'run'])
  })

  it('may be the same in two places', () => {
    const users = new Users()
    const shared = { find: () => 1 }
    expect(names({ a: users, b: { a: users, shared }, shared })).to.deep.equal(['a.find', 'b.a.find', 'b.shared.find', 'shared.find']) // biome-ignore format: one line
  })

  it('are refused when they are too deep', () => {
    expect(names(nested(MOST_NAMESPACES))).to.deep.equal([`${'in.'.repeat(MOST_NAMESPACES)}run`])
    expect(() => names(nested(MOST_NAMESPACES + 1))).to.throw(
      InvalidOptionError,
      `${MOST_NAMESPACES} namespaces inside`,
    )
  })

  it('are refused by the name "rpc", which the protocol has', () => {
    expect(() => names({ rpc: { ping: () => 1 } })).to.throw(InvalidOptionError, 'without a namespace "rpc"')
    expect(names({ add: () => 1, rpc: { data: 1 } })).to.deep.equal(['add'])
    expect(() => names({ rpc: { ping: () => 1 } }, ['rpc.ping'])).to.throw(InvalidOptionError)
  })

  it('may be Proxies; one that does not show what it has is passed by, unless expose names that', () => {
    const deny = (): never => {
      throw new Error('denied')
    }
    const guarded = new Proxy(new Users(), { get: () => deny })
    const hiding = new Proxy({}, { get: () => () => 'made up' })
    const closed = new Proxy({}, { get: () => () => 'made up', ownKeys: deny, getPrototypeOf: deny })
    const { proxy: revoked, revoke } = Proxy.revocable({}, {})
    revoke()
    const target = { guarded, hiding, closed, revoked }
    expect(names(target)).to.deep.equal(['guarded.find'])
    expect(() => call(target, 'guarded.find')).to.throw('denied')
    expect(names(target, ['guarded', 'closed', 'hiding', 'revoked'])).to.deep.equal([
      ...['closed', 'guarded.find', 'hiding', 'revoked'],
    ])
    const methods = exposedMembers('shop', target, { expose: ['hiding.x', 'closed.y'] }).methods
    expect([methods.get('hiding.x')?.([]), methods.get('closed.y')?.([])]).to.deep.equal(['made up', 'made up'])
    for (const name of ['hiding.constructor', 'closed.toString', 'hiding.__proto__', 'closed.constructor.constructor'])
      expect(() => names(target, [name]), name).to.throw(InvalidOptionError)
  })

  const hostile = [
    ...['__proto__', 'constructor', 'constructor.constructor', 'users.constructor', 'users.constructor.constructor'],
    ...['users.__proto__', 'users.__proto__.find', '__proto__.users.find', 'users.prototype.find', 'users.find.call'],
    ...['users.find.constructor', 'users..find', '.users', 'users.', '.users.find', 'users.find.', '.', '..', 'users'],
    ...['users.toString', 'users.hasOwnProperty', 'orders.valueOf', 'users.first', 'users._internal', 'users.db.drop'],
    ...['rpc.find', 'users\0find', 'users/find', 'Users.find', 'users.find ', 'users["find"]', 'toString.call'],
  ]
  it('are reached by no other name than the listed ones', () => {
    const { methods, builtins } = exposedMembers('shop', { users: new Users(), orders: { find: () => 1 } })
    for (const name of hostile) {
      expect(methods.has(name), name).to.equal(false)
      if (name === 'users') continue
      expect(() => builtins.get('rpc.get')?.([name]), name).to.throw(MethodNotFoundError)
      expect(() => builtins.get('rpc.set')?.([name, 1]), name).to.throw(MethodNotFoundError)
    }
  })

  for (const name of hostile.filter(
    (each) => !['users', 'users.first', 'users._internal', 'users.db.drop'].includes(each),
  )) {
    it(`are not what expose may name: ${JSON.stringify(name)}`, () => {
      expect(() => names({ users: new Users(), orders: { find: () => 1 } }, [name])).to.throw(InvalidOptionError)
    })
  }
})

describe('namespaces in expose', () => {
  class Shop {
    readonly users = new Users()
    readonly settings = { theme: 'dark', apply: () => 'applied' }
    get lazy(): Users {
      return this.users
    }
    open(): void {}
  }

  it('expose all their methods by their name, and exactly one by a path', () => {
    expect(names(new Shop(), ['open', 'users'])).to.deep.equal(['open', 'users.find'])
    expect(names(new Shop(), ['users.db.query'])).to.deep.equal(['users.db.query'])
    expect(names(new Shop(), ['settings.theme'])).to.deep.equal(['settings.theme'])
    expect(names(new Shop(), ['settings'])).to.deep.equal(['settings.apply'])
  })

  it('may be behind accessors, which are run at each call', () => {
    const shop = new Shop()
    const methods = exposedMembers('shop', shop, { expose: ['lazy.find', 'lazy.nope'] }).methods
    expect(methods.get('lazy.find')?.([0])).to.equal('ann')
    expect(() => methods.get('lazy.nope')?.([])).to.throw(MethodNotFoundError, '"lazy.nope"')
    for (const name of ['lazy.constructor', 'lazy.__proto__', 'lazy.toString'])
      expect(() => names(shop, [name]), name).to.throw(InvalidOptionError)
  })
})

describe('what a namespace means', () => {
  const deny = (): never => {
    throw new Error('denied')
  }

  it('is looked up at each call: replaced methods, spies, and replaced namespaces', () => {
    const target: { users: Users | undefined } = { users: new Users() }
    const find = exposedMembers('shop', target).methods.get('users.find')
    expect(find?.([0])).to.equal('ann')
    const spy = mock.method(target.users as Users, 'find', () => 'spied')
    expect(find?.([0])).to.equal('spied')
    spy.mock.restore()
    target.users = Object.assign(new Users(), { find: deny })
    expect(() => find?.([0])).to.throw('denied')
    target.users = new Users()
    expect(find?.([1]), 'the new one is this').to.equal('bob')
    for (const value of [undefined, null, 5, 'text', () => 1, [], {}]) {
      Object.assign(target, { users: value })
      expect(() => find?.([0]), String(value)).to.throw(
        MethodNotFoundError,
        '"users.find": it existed when the server was created',
      )
    }
  })

  it('is never what every object has', () => {
    const target: Record<string, unknown> = { toString: { call: () => 'own' }, users: { toString: () => 'own' } }
    const methods = exposedMembers('shop', target, { expose: ['toString.call', 'users.toString'] }).methods
    expect([...methods.values()].map((method) => method([]))).to.deep.equal(['own', 'own'])
    Reflect.deleteProperty(target, 'toString')
    target.users = {}
    for (const method of methods.values()) expect(() => method([])).to.throw(MethodNotFoundError)
  })

  it('is what a Proxy around the target gives', () => {
    let isAllowed = true
    const target = new Proxy({ users: new Users() }, { get: (object, name) => (isAllowed ? Reflect.get(object, name) : { find: deny }) }) // biome-ignore format: one line
    const find = exposedMembers('shop', target).methods.get('users.find')
    expect(find?.([0])).to.equal('ann')
    isAllowed = false
    expect(() => find?.([0])).to.throw('denied')
  })
})
