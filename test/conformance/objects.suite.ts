import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  control,
  InvalidOptionError,
  MethodNotFoundError,
  RedisRPCClient,
  RedisRPCServer,
  type RedisRPCServerOptions,
  type Remote,
  SerializationError,
  TimeoutError,
} from 'redis-object-rpc'
import { deferred } from '../../lib/util/deferred.ts'
import type { RunningRedis } from '../helpers/backends.ts'
import { freshName } from '../helpers/names.ts'
import { expectNothingLent, rejection } from '../helpers/pair.ts'

class Users {
  readonly #names = ['ann', 'bob']
  find(id: number): string | undefined {
    return this.#names[id]
  }
  fail(): never {
    throw new RangeError('no such user')
  }
  readonly closing = deferred()
  untilClosed(): Promise<void> {
    return this.closing.promise
  }
  toString(): string {
    return 'the users'
  }
}

const makeShop = () => ({
  users: new Users(),
  orders: { find: async (id: number) => ({ id, at: new Date(5) }), old: { count: () => 3 } },
  rename(name: string) {
    this.name = name
  },
  name: 'shop',
  theme: 'light',
  secret: 'secret',
  settings: { size: 1, bounds: new Map([['max', 10n]]) },
  later: Promise.resolve('arrived'),
  unsendable: Symbol('here') as unknown,
  apply: () => 'applied',
  get area(): number {
    return this.settings.size ** 2
  },
  get failing(): string {
    throw new RangeError('cannot be read')
  },
  set narrow(value: number) {
    if (value < 1) throw new RangeError('too narrow')
    this.settings.size = value
  },
})
type Shop = ReturnType<typeof makeShop>

const PROPERTIES = ['name', 'theme', 'settings', 'settings.size', 'later', 'unsendable', 'area', 'failing', 'narrow'] as const // biome-ignore format: one line

/** Namespaces and properties of a served object, whatever Redis stands between. */
export function objectsSuite(redis: () => RunningRedis): void {
  let observer: Redis
  let name: string
  let shop: Shop
  let server: RedisRPCServer
  let client: Remote<Shop>
  let ends: { readonly stats?: object; close(): Promise<void> }[]

  const serve = async (options: RedisRPCServerOptions<never, never> | object = {}): Promise<void> => {
    server = new RedisRPCServer<object>(redis().url, name, shop, options)
    ends.push(server)
    await server.start()
    client = new RedisRPCClient<Shop>(redis().url, name)
    ends.unshift(control(client))
  }
  const serveProperties = (): Promise<void> =>
    serve({ expose: ['users', 'orders', 'rename', 'apply', ...PROPERTIES], writable: ['theme', 'settings.size', 'narrow'] }) // biome-ignore format: one line

  before(() => {
    observer = new Redis(redis().url)
  })
  beforeEach(() => {
    name = freshName('objects')
    shop = makeShop()
    ends = []
  })
  afterEach(async () => {
    for (const end of ends) await end.close()
    expectNothingLent(ends)
    expect(await observer.keys(`*${name}*`), 'keys left behind').to.deep.equal([])
  })
  after(() => observer?.disconnect())

  describe('namespaces', () => {
    it('have methods, which are listed once', async () => {
      await serve()
      expect([...server.methods].sort()).to.deep.equal(['apply', 'orders.find', 'orders.old.count', 'rename', 'users.fail', 'users.find', 'users.untilClosed']) // biome-ignore format: one line
      expect(await client.users.find(1)).to.equal('bob')
      expect(await client.orders.find(7)).to.deep.equal({ id: 7, at: new Date(5) })
      expect(await client.orders.old.count()).to.equal(3)
      expect(await control(client).call('users.find', 0)).to.equal('ann')
      const [info] = await control(client).servers()
      expect(info?.methods).to.include('users.find')
    })

    it('throw what their methods throw, and are named in errors', async () => {
      await serve()
      expect(await rejection(client.users.fail())).to.be.instanceOf(RangeError)
      const missing = await rejection((client.users as unknown as { nope(): Promise<void> }).nope())
      expect(missing).to.be.instanceOf(MethodNotFoundError).and.have.property('method', 'users.nope')
      const late = await rejection(control(client).with({ timeoutMs: 1 }).users.untilClosed())
      expect(late).to.be.instanceOf(TimeoutError).and.have.property('operation', `${name}.users.untilClosed`)
      shop.users.closing.resolve()
    })

    it('are the same at each look, and are printed, compared and mentioned without a call', async () => {
      await serve()
      expect(client.users).to.equal(client.users)
      expect(client.users).not.to.equal(control(client).with({ timeoutMs: 5 }).users)
      expect(client.users).not.to.deep.equal(client.orders)
      expect(inspect(client.users)).to.equal(`[remote object ${name}.users]`)
      expect(`${client.users.find}`).to.equal(`[remote object ${name}.users.find]`)
      void client.theme
      await setImmediate()
      expect(control(client).stats.pending).to.equal(0)
      expect(server.stats).to.include({ succeeded: 0, failed: 0 })
    })

    it('are themselves when they are awaited; so are methods', async () => {
      await serve()
      const users = await client.users
      expect(await users.find(1)).to.equal('bob')
      expect(await users).to.equal(users)
      expect(await (async () => client.orders.old)()).to.equal(await client.orders.old)
      const find = await (client.users.find as unknown as PromiseLike<(id: number) => Promise<string>>)
      expect(await find(0)).to.equal('ann')
      expect(await (control(client) as unknown as { get(name: string): Promise<typeof users> }).get('users')).to.be.a('function') // biome-ignore format: one line
    })

    it('are on what with, notify and all give', async () => {
      await serve()
      const handle = control(client)
      expect(await handle.with({ metadata: { a: 'b' } }).users.find(1)).to.equal('bob')
      expect(await handle.notify.users.find(1)).to.equal(undefined)
      const replies: unknown[] = []
      for await (const reply of handle.all().orders.old.count()) replies.push(reply)
      expect(replies).to.deep.equal([{ server: server.id, value: 3 }])
      expect((handle.notify.users as unknown as PromiseLike<void>).then).to.equal(undefined)
      expect((handle.all().users as unknown as PromiseLike<void>).then).to.equal(undefined)
    })

    it('cannot be reached by other names, however many', async () => {
      await serve()
      const { call } = control(client)
      const hostile = ['users.toString', 'users.constructor', 'users.__proto__.find', '__proto__.users.find', 'users..find', '.users.find', 'users.find.', 'users', 'users.find.call', 'constructor.constructor', 'theme.length', 'settings.bounds.get', 'rpc.nope'] // biome-ignore format: one line
      for (const name of hostile) {
        const error = await rejection(call.call(control(client), name, 'return process'))
        expect(error, name).to.be.instanceOf(MethodNotFoundError)
      }
      const many = Array.from({ length: 1_000 }, (_, i) => control(client).call(`users.n${i}.find`, i))
      const outcomes = await Promise.allSettled(many)
      expect(outcomes.every((outcome) => outcome.status === 'rejected')).to.equal(true)
      expect(server.methods).to.have.lengthOf(7)
      expect(await client.users.find(1)).to.equal('bob')
    })

    it('may be sent on as callbacks, which the client itself may not', async () => {
      await serve()
      await client.rename(client.users.find as never)
      expect(await (shop.name as unknown as (id: number) => Promise<string>)(1)).to.equal('bob')
      const error = await rejection(client.rename(client as never))
      expect(error).to.be.instanceOf(SerializationError).and.have.property('path', 'args[0]')
      expect((error as Error).message).to.include('a remote object cannot be sent')
      expect(control(client).stats.pending).to.equal(0)
    })

    it('are called by their paths in the classic dialect, too', async () => {
      await serve({ expose: ['users', 'theme'], writable: ['theme'] })
      const classic = new RedisRPCClient<Shop>(redis().url, name, { dialect: 'classic' })
      ends.unshift(control(classic))
      expect(await classic.users.find(1)).to.equal('bob')
      expect(await control(classic).call('theme'), 'as the originals read a property').to.equal('light')
      expect(await classic.theme).to.equal('light')
      await control(classic).set('theme', 'dark')
      expect(await classic.theme).to.equal('dark')
      const list = `${name}:rpc:ABCDEFGH`
      await observer.rpush(name, `{"function_call":{"name":"users.find","args":[0]},"response_queue":"${list}"}`)
      expect(await observer.blpop(list, 5)).to.deep.equal([list, '{"return_value":"ann"}'])
    })
  })

  describe('properties', () => {
    it('are read by awaiting them, each time anew', async () => {
      await serveProperties()
      expect(await client.theme).to.equal('light')
      shop.theme = 'dark'
      expect(await client.theme).to.equal('dark')
      expect(await client.area, 'an accessor').to.equal(1)
      expect(await client.later, 'a promise').to.equal('arrived')
      expect(await client.settings).to.deep.equal({ size: 1, bounds: new Map([['max', 10n]]) })
      expect(await client.settings.size).to.equal(1)
      expect(await Promise.all([client.name, client.theme])).to.deep.equal(['shop', 'dark'])
      expect(await client.narrow, 'without a getter').to.equal(undefined)
      expect(await control(client).get('settings.size')).to.equal(1)
    })

    it('are written where the server lets them be, and only by set', async () => {
      await serveProperties()
      const handle = control(client)
      expect(await handle.set('theme', 'dark')).to.equal(undefined)
      await handle.set('settings.size', 4)
      expect([shop.theme, shop.settings.size, await client.area]).to.deep.equal(['dark', 4, 16])
      await handle.set('narrow', 2)
      expect(await client.area).to.equal(4)
      for (const path of ['name', 'secret', 'users', 'rename', '__proto__.theme', 'settings'])
        expect(await rejection((handle as unknown as { set(...args: unknown[]): Promise<void> }).set(path, 1)), path).to.be.instanceOf(MethodNotFoundError) // biome-ignore format: one line
      expect(() => Object.assign(client, { theme: 'blue' })).to.throw(TypeError, 'control(client).set(name, value)')
      expect(() => Object.assign(client.settings, { size: 1 })).to.throw(TypeError, 'control(client).set(name, value)')
    })

    it('throw what their accessors throw, to who reads or writes', async () => {
      await serveProperties()
      expect(await rejection(client.failing as Promise<string>)).to.be.instanceOf(RangeError)
      expect(await rejection(control(client).set('narrow', 0))).to.be.instanceOf(RangeError)
      expect(await rejection(client.unsendable as Promise<unknown>))
        .to.be.instanceOf(SerializationError)
        .and.have.property('path', 'return_value.value')
      const refused = await rejection(control(client).set('theme', Symbol('here') as never))
      expect(refused).to.be.instanceOf(SerializationError).and.have.property('path', 'args[1]')
    })

    it('are refused when they are not exposed, and the error says how to expose them', async () => {
      await serveProperties()
      for (const path of ['secret', 'users.limit', 'theme.length', 'constructor', '__proto__', '']) {
        const handle = control(client) as unknown as { get(name: string): Promise<unknown> }
        const error = await rejection(handle.get(path))
        expect(error, path).to.be.instanceOf(MethodNotFoundError).and.have.property('method', path)
        expect((error as Error).message)
          .to.include(`exposes no property "${path}": either`)
          .and.include('"expose"')
      }
      expect(await rejection(client.secret as Promise<string>)).to.be.instanceOf(MethodNotFoundError)
    })

    it('are named in the errors of calls that fail on the way', async () => {
      await serveProperties()
      const closing = deferred<string>()
      shop.later = closing.promise
      const late = await rejection(control(client).with({ timeoutMs: 1 }).later as Promise<string>)
      expect(late).to.be.instanceOf(TimeoutError).and.have.property('operation', `${name}.later`)
      closing.resolve('closed')
    })

    it('are read from the object and never from what every object has', async () => {
      shop = Object.setPrototypeOf(makeShop(), null)
      await serve({ expose: ['theme'] })
      expect(await client.theme).to.equal('light')
      const handle = control(client) as unknown as { get(name: unknown): Promise<unknown> }
      expect(await rejection(handle.get(5))).to.be.instanceOf(InvalidOptionError)
    })

    it('are read and written by the messages that the protocol page shows', async () => {
      await serveProperties()
      const inbox = `${name}:rpc:V1StGXR8_Z5j`
      const ask = async (method: string, args: string): Promise<string | undefined> => {
        const call = `{"function_call":{"name":"${method}","args":${args}},"response_queue":"${inbox}","id":30}`
        await observer.rpush(name, call)
        return (await observer.blpop(inbox, 5))?.[1]
      }
      expect(await ask('rpc.get', '["theme"]')).to.equal('{"id":30,"return_value":{"value":"light"}}')
      expect(await ask('rpc.set', '["settings.size",2]')).to.equal('{"id":30,"return_value":null}')
      expect(await ask('settings.size', '[]')).to.equal('{"id":30,"return_value":2}')
      expect(await ask('rpc.get', '["users"]')).to.equal('{"id":30,"return_value":{"kind":"namespace"}}')
      expect(await ask('rpc.get', '["users.find"]')).to.equal('{"id":30,"return_value":{"kind":"method"}}')
      expect(await ask('rpc.get', '[]')).to.include('ProtocolError')
      expect(server.stats).to.include({ succeeded: 5, failed: 1 })
    })

    it('are read through a server that passes them on', async () => {
      await serveProperties()
      const gateway = { theme: () => client.theme, find: () => client.users.find, read: async () => client.area }
      const server = new RedisRPCServer(redis().url, `${name}:gateway`, gateway)
      ends.unshift(server)
      await server.start()
      const outer = new RedisRPCClient<Record<keyof typeof gateway, () => unknown>>(redis().url, `${name}:gateway`)
      ends.unshift(control(outer))
      expect(await outer.theme()).to.equal('light')
      expect(await outer.read()).to.equal(1)
      const find = (await outer.find()) as (id: number) => Promise<string>
      expect(await find(1), 'through the gateway').to.equal('bob')
    })

    it('take every value that travels', async () => {
      await serveProperties()
      const set = control(client).set as (name: string, value?: unknown) => Promise<void>
      for (const value of [undefined, null, 5n, new Date(5), new Map([[1, new Set([2])]]), Buffer.from('a')]) {
        await set.call(control(client), 'theme', value)
        expect(shop.theme).to.deep.equal(value)
        expect(await client.theme).to.deep.equal(value)
      }
    })

    it('are what an object is that a described type cannot judge', async () => {
      const odd = { name: 'Odd', is: () => raise(), encode: () => raise(), decode: () => raise() }
      const server = new RedisRPCServer(redis().url, name, { add: () => 1, users: new Users() }, { types: [odd] })
      ends.push(server)
      expect(server.methods).to.deep.equal(['add'])
    })

    it('have a value that the server keeps as a property, though it has methods', async () => {
      class Point {
        x = 1
        double(): number {
          return 2 * this.x
        }
      }
      const target = { origin: new Point() }
      const server = new RedisRPCServer(redis().url, name, target, { expose: ['origin'], classes: [Point] })
      ends.push(server)
      await server.start()
      const client = new RedisRPCClient<typeof target>(redis().url, name, { classes: [Point] })
      ends.unshift(control(client))
      const origin = await control(client).get('origin')
      expect(origin).to.be.instanceOf(Point)
      expect(origin.double()).to.equal(2)
    })
  })
}

function raise(): never {
  throw new Error('cannot judge')
}
