import assert from 'node:assert/strict'
import { format, inspect, isDeepStrictEqual } from 'node:util'
import { equals, iterableEquality, typeEquality } from '@jest/expect-utils'
import { expect } from 'chai'
import { plugins, format as prettyFormat } from 'pretty-format'
import { Members, type MembersOptions } from '../../lib/util/members.ts'
import { isMethodProxy } from '../../lib/util/method-proxy.ts'
import { passes, refuse } from './strict-mode.ts'

/** What a test takes a member for. */
type Member = ((...args: unknown[]) => Promise<unknown>) & PromiseLike<unknown>

/** The member with a path. */
function at(object: unknown, path: string): Member {
  return path.split('.').reduce((from, name) => Reflect.get(from as object, name), object) as Member
}

describe('members of something elsewhere', () => {
  let sent: string[]
  let members: Members
  let client: object
  const PROPERTIES: Readonly<Record<string, unknown>> = {
    theme: 'dark',
    'users.size': 3,
    nothing: undefined,
    '.': 'dots',
  }
  const options = (label = 'remote object calc'): MembersOptions => ({
    label,
    call: async (path, args) => void sent.push(`${path}(${args.join()})`),
    get: async (path, itself) => {
      sent.push(path)
      if (path === 'broken') throw new RangeError('broken there')
      return Object.hasOwn(PROPERTIES, path) ? PROPERTIES[path] : itself()
    },
    hint: 'ask its owner',
  })
  beforeEach(() => {
    sent = []
    members = new Members(options())
    client = members.proxy
  })
  const expectSent = (...paths: string[]) => expect(sent.splice(0)).to.deep.equal(paths)
  afterEach('nothing that only looked at one has sent anything', () => expectSent())

  it('are called by their paths', async () => {
    await at(client, 'add')(1, 2)
    await at(client, 'users.find')(7)
    await at(client, 'a.b.c.d')()
    await at(client, '.')()
    expectSent('add(1,2)', 'users.find(7)', 'a.b.c.d()', '.()')
  })

  it('are the same at each look, at any depth', () => {
    expect(at(client, 'users')).to.equal(at(client, 'users'))
    expect(at(client, 'users.find')).to.equal(at(client, 'users.find'))
    expect(at(client, 'users')).not.to.equal(at(client, 'orders'))
    expect(at(client, 'users.find')).not.to.equal(at(client, 'orders.find'))
  })

  it('are called as functions are: with call, apply and bind, and as callbacks', async () => {
    const add = at(client, 'add')
    await add.call(null, 1 as never)
    await add.apply(undefined, [2, 3] as never)
    await add.bind(null, 4 as never)(5 as never)
    await Promise.all([6].map(add))
    expectSent('add(1)', 'add(2,3)', 'add(4,5)', 'add(6,0,6)')
    expect(typeof add).to.equal('function')
    expect(add).to.be.instanceOf(Function).and.have.property('constructor', Function)
  })

  it('have the names that functions have: name, length, arguments', async () => {
    await at(client, 'settings.name')()
    await at(client, 'jobs.length')()
    await at(client, 'jobs.arguments.caller.prototype')()
    expectSent('settings.name()', 'jobs.length()', 'jobs.arguments.caller.prototype()')
  })

  it('are read when they are awaited, each time anew', async () => {
    expect(await at(client, 'theme')).to.equal('dark')
    expect(await at(client, 'users.size')).to.equal(3)
    expect(await at(client, 'nothing')).to.equal(undefined)
    expect(await Promise.all([at(client, 'theme'), at(client, 'theme')])).to.deep.equal(['dark', 'dark'])
    expect(await Promise.resolve(at(client, 'theme'))).to.equal('dark')
    expect(await (async () => at(client, 'theme'))()).to.equal('dark')
    expect(await at(client, 'theme').then((theme) => [theme])).to.deep.equal(['dark'])
    expect(await at(client, '.')).to.equal('dots')
    expectSent('theme', 'users.size', 'nothing', 'theme', 'theme', 'theme', 'theme', 'theme', '.')
  })

  it('reject whoever awaits them, and nobody else', async () => {
    const unhandled: unknown[] = []
    const listen = (error: unknown) => void unhandled.push(error)
    process.on('unhandledRejection', listen)
    const broken = at(client, 'broken')
    void broken
    void at(client, 'broken').then
    expect(await Promise.allSettled([broken])).to.have.nested.property('[0].reason.message', 'broken there')
    expect(await broken.then(undefined, (error: Error) => error.name)).to.equal('RangeError')
    await new Promise(setImmediate)
    process.off('unhandledRejection', listen)
    expect(unhandled).to.deep.equal([])
    expectSent('broken', 'broken')
  })

  it('are themselves when they are awaited and mean a method or a namespace', async () => {
    const users = await at(client, 'users')
    expectSent('users')
    expect(users).to.be.a('function')
    expect(at(users, 'then')).to.equal(undefined)
    expect(await users).to.equal(users)
    expect(await at(client, 'users'), 'the same each time').to.equal(users)
    expectSent('users')
    expect(at(users, 'find')).to.equal(at(client, 'users.find'))
    await at(users, 'find')(1)
    expect(await at(users, 'size')).to.equal(3)
    const find = (await at(client, 'users.find')) as Member
    await find(2)
    expectSent('users.find(1)', 'users.size', 'users.find', 'users.find(2)')
    expect(inspect(users)).to.equal('[remote object calc.users]')
    expect(await (members.itself('users.then') as Member)(3)).to.equal(undefined)
    expectSent('users.then(3)')
  })

  it('cannot be awaited where nothing can be read', async () => {
    const { get: _, ...rest } = options()
    const notify = new Members(rest).proxy as Member
    expect(at(notify, 'users').then).to.equal(undefined)
    expect(await at(notify, 'users')).to.equal(at(notify, 'users'))
    await at(notify, 'users.find')(1)
    expectSent('users.find(1)')
  })

  it('have nothing by the names by which code finds out what something is', () => {
    const names = [
      ...[
        'catch',
        'finally',
        'toJSON',
        'toBSON',
        'inspect',
        'asymmetricMatch',
        '$$typeof',
        '_isMockFunction',
        'nodeType',
      ],
      ...['@@__IMMUTABLE_ITERABLE__@@', 'hashCode', '__v_isRef', '__esModule', '_bsontype', 'onModuleInit'],
      ...[Symbol.iterator, Symbol.asyncIterator, Symbol.dispose, Symbol.for('nodejs.util.promisify.custom')],
    ]
    for (const name of names) expect(Reflect.get(at(client, 'users'), name), String(name)).to.equal(undefined)
    for (const name of [...names, 'then', 'find']) expect(name in at(client, 'users'), String(name)).to.equal(false)
  })

  it('are printed as what they are', () => {
    const users = at(client, 'users')
    expect(inspect({ users })).to.equal('{ users: [remote object calc.users] }')
    expect(inspect(at(users, 'find'))).to.equal('[remote object calc.users.find]')
    expect(format('%s %O %o', users, users, users)).to.equal(Array(3).fill('[remote object calc.users]').join(' '))
    expect(`${users} ${String(users)} ${[users]}`).to.equal(Array(3).fill('[remote object calc.users]').join(' '))
    expect(Number(users)).to.be.NaN
    expect(Object.prototype.toString.call(users)).to.equal('[object Function]')
    expect(inspect(users, { customInspect: false, showHidden: true, depth: 5 })).to.include('Function')
    expect(prettyFormat({ users }, { plugins: Object.values(plugins) })).to.include('[Function ')
    expect(JSON.stringify({ users })).to.equal('{}')
    expect(() => expect(users).to.equal(1)).to.throw(Error)
    expect(() => expect({ users }).to.deep.equal({ users: 1 })).to.throw(Error)
  })

  const comparisons: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
    'Jest, toEqual': (a, b) => equals(a, b, [iterableEquality]),
    'Jest, toStrictEqual': (a, b) => equals(a, b, [iterableEquality, typeEquality], true),
    'node, strict': isDeepStrictEqual,
    'node, loose': (a, b) => passes(() => assert.deepEqual(a, b)),
    chai: (a, b) => passes(() => expect(a).to.deep.equal(b)),
  }
  for (const [kind, same] of Object.entries(comparisons)) {
    it(`equal themselves and nothing else: ${kind}`, () => {
      const users = at(client, 'users')
      expect(same(users, users) && same({ a: [users] }, { a: [users] }), 'itself').to.equal(true)
      const again = at(new Members(options()).proxy, 'users')
      for (const other of [
        again,
        client,
        at(client, 'orders'),
        at(users, 'find'),
        members.itself('users'),
        () => 1,
        {},
        5,
        null,
      ]) {
        expect(same(users, other), inspect(other)).to.equal(false)
        expect(same(other, users), inspect(other)).to.equal(false)
        expect(same([{ users }], [{ users: other }]), inspect(other)).to.equal(false)
      }
    })
  }

  const changes: Readonly<Record<string, (object: Member) => unknown>> = {
    'Object.freeze': (object) => Object.freeze(object),
    'Object.preventExtensions': (object) => Object.preventExtensions(object),
    'Object.setPrototypeOf': (object) => Object.setPrototypeOf(object, null),
    'setting __proto__': (object) => refuse(Reflect.set(object, '__proto__', null)),
    'Object.defineProperty': (object) => Object.defineProperty(object, 'find', { value: 1 }),
    'Object.assign': (object) => Object.assign(object, { find: 1 }),
    assignment: (object) => Reflect.set(object, 'find', 1),
    'assignment of name': (object) => Reflect.set(object, 'name', 'x'),
    'assignment of then': (object) => Reflect.set(object, 'then', () => 1),
    'assignment of a symbol': (object) => Reflect.set(object, Symbol.iterator, 1),
    delete: (object) => Reflect.deleteProperty(object, 'find'),
    construction: (object) => Reflect.construct(object, []),
  }
  for (const [kind, change] of Object.entries(changes)) {
    it(`refuse it or are no different after it: ${kind}`, async () => {
      const users = at(client, 'users')
      const find = at(users, 'find')
      try {
        change(users)
      } catch (error) {
        expect(error).to.be.instanceOf(TypeError)
      }
      expect(Reflect.ownKeys(users)).to.deep.equal([])
      const found: string[] = []
      for (const name in users) found.push(name)
      expect(found).to.deep.equal([])
      expect([Object.isFrozen(users), Object.isSealed(users), Object.isExtensible(users)]).to.deep.equal([
        true,
        true,
        false,
      ])
      expect(at(users, 'find')).to.equal(find)
      expect(at(client, 'users')).to.equal(users)
      await at(users, 'find')()
      expectSent('users.find()')
    })
  }

  it('say how a property is written to who assigns to one', () => {
    expect(() => Object.assign(client, { theme: 'dark' }))
      .to.throw(TypeError)
      .with.property('message', 'theme of [remote object calc] cannot be assigned to: ask its owner')
    expect(() => Object.assign(at(client, 'users'), { size: 1 }))
      .to.throw(TypeError)
      .with.property('message', 'size of [remote object calc.users] cannot be assigned to: ask its owner')
  })

  it('let what inherits from them have properties of its own', async () => {
    for (const parent of [client, at(client, 'users')]) {
      const heir = Object.create(parent, { own: { value: 1 } })
      heir.later = 2
      expect([heir.own, heir.later]).to.deep.equal([1, 2])
      await at(heir, 'find')()
    }
    expectSent('find()', 'users.find()')
  })

  it('are known as something elsewhere, which no message carries', async () => {
    expect(
      [client, at(client, 'users'), at(client, 'users.find'), members.itself('a')].every((each) => isMethodProxy(each)),
    ).to.equal(true)
    expect(isMethodProxy((await at(client, 'users')) as object)).to.equal(true)
    expectSent('users')
  })

  it('are remembered up to a thousand, and work beyond', async () => {
    for (let i = 0; i < 1_500; i++) await at(client, `n${i}.x`)()
    expect(sent.splice(0)).to.have.lengthOf(1_500)
    expect(at(client, 'n1.x')).to.equal(at(client, 'n1.x'))
    expect(at(client, 'n1499')).not.to.equal(at(client, 'n1499'))
  })
})
