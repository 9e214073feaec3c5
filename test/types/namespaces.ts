/** Namespaces and properties of `Remote<T>`, `expose` and `writable`. Checked by the compiler; `test/types/types.test.ts` runs it. */
import { EventEmitter } from 'node:events'
import { expectTypeOf } from 'expect-type'
import { control, type RedisRPC, RedisRPCClient, RedisRPCServer, type Remote, type Settable } from 'redis-object-rpc'

interface Point {
  x: number
  y: number
}
class Users extends EventEmitter {
  readonly #count = 1
  limit = 5
  /** Finds a user. */
  find(id: number): string | undefined {
    return id > this.#count ? undefined : 'ann'
  }
  add(name: string): Promise<number>
  add(name: string, age: number): Promise<string>
  async add(name: string): Promise<unknown> {
    return name
  }
}
interface Shop {
  users: Users
  readonly orders: { find(id: number): Date; readonly archive: { count(): number } }
  theme: string
  readonly version: string
  title?: string
  subtitle?: string | undefined
  mode: 'dark' | 'light'
  points: Point[]
  origin: Point
  readonly tags: ReadonlySet<string>
  byId: Map<string, Point>
  when: Date | null
  later: Promise<number>
  settings: { theme: string; readonly version: number; fonts: { body: string; bold?: boolean } }
  guests?: { invite(name: string): void } | undefined
  onChange: (theme: string) => boolean
  onClose?: () => void
  onEither?: ((x: number) => string) | undefined
  labels: Record<string, string>
  symbol: symbol
  unclear: string | (() => string)
  Class: typeof Users
  anything: unknown
  // biome-ignore lint/suspicious/noExplicitAny: what untyped code has
  loose: any
  object: object
  _internal: string
  then: number
  parent: Shop
  get size(): number
  set size(value: number)
  get area(): number
}
declare const shop: Remote<Shop>

// Namespaces have methods, at any depth; overloads are kept, and what an emitter inherits is left out.
expectTypeOf(shop.users.find(1)).toEqualTypeOf<Promise<string | undefined>>()
expectTypeOf(shop.users.add('a')).toEqualTypeOf<Promise<number>>()
expectTypeOf(shop.users.add('a', 1)).toEqualTypeOf<Promise<string>>()
expectTypeOf(shop.orders.find(1)).toEqualTypeOf<Promise<Date>>()
expectTypeOf(shop.orders.archive.count()).toEqualTypeOf<Promise<number>>()
expectTypeOf(shop.guests.invite('a')).toEqualTypeOf<Promise<void>>()
expectTypeOf(shop.parent.parent.parent.users.find(1)).toEqualTypeOf<Promise<string | undefined>>()
expectTypeOf<keyof typeof shop.users>().toEqualTypeOf<'find' | 'add' | 'limit' | 'then'>()
// @ts-expect-error a number is wanted
shop.users.find('1')
// @ts-expect-error no such method
shop.users.nope()
// @ts-expect-error an emitter's
shop.users.on('a', () => {})
// @ts-expect-error a namespace is no method
shop.users()
// @ts-expect-error nor is one inside
shop.orders.archive()
// @ts-expect-error nothing can be assigned
shop.users = new Users()
// @ts-expect-error not in a namespace either
shop.orders.find = async () => new Date()
class Basket {
  count(): number {
    return 1
  }
  *[Symbol.iterator](): Generator<number> {
    yield 1
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    yield 1
  }
}
declare const iterable: Remote<{ basket: Basket; readonly rows: Generator<number>; readonly stream: ReadableStream }>
expectTypeOf(iterable.basket.count()).toEqualTypeOf<Promise<number>>()
// @ts-expect-error a generator does not travel
void iterable.rows.then(() => {})
expectTypeOf(iterable.stream).toEqualTypeOf<PromiseLike<ReadableStream>>()
declare const phone: Remote<{ line: { call(): void; dial(): void } }>
// @ts-expect-error every function has this one; control(client).call('line.call') reaches it
phone.line.call()
expectTypeOf(phone.line.dial()).toEqualTypeOf<Promise<void>>()

// Properties are read by awaiting them.
expectTypeOf(shop.theme).toEqualTypeOf<PromiseLike<string>>()
expectTypeOf(shop.version).toEqualTypeOf<PromiseLike<string>>()
expectTypeOf(shop.title).toEqualTypeOf<PromiseLike<string | undefined>>()
expectTypeOf(shop.subtitle).toEqualTypeOf<PromiseLike<string | undefined>>()
expectTypeOf(shop.mode).toEqualTypeOf<PromiseLike<'dark' | 'light'>>()
expectTypeOf(shop.points).toEqualTypeOf<PromiseLike<Point[]>>()
expectTypeOf(shop.tags).toEqualTypeOf<PromiseLike<ReadonlySet<string>>>()
expectTypeOf(shop.byId).toEqualTypeOf<PromiseLike<Map<string, Point>>>()
expectTypeOf(shop.when).toEqualTypeOf<PromiseLike<Date | null>>()
expectTypeOf(shop.later).toEqualTypeOf<PromiseLike<number>>()
expectTypeOf(shop.anything).toEqualTypeOf<PromiseLike<unknown>>()
expectTypeOf(shop.object).toEqualTypeOf<PromiseLike<object>>()
expectTypeOf(shop.size).toEqualTypeOf<PromiseLike<number>>()
expectTypeOf(shop.area).toEqualTypeOf<PromiseLike<number>>()
expectTypeOf(shop.users.limit).toEqualTypeOf<PromiseLike<number>>()
export async function read(): Promise<void> {
  expectTypeOf(await shop.theme).toEqualTypeOf<string>()
  expectTypeOf(await shop.origin).toEqualTypeOf<Point>()
  expectTypeOf(await shop.origin.x).toEqualTypeOf<number>()
  expectTypeOf(await shop.settings.fonts.body).toEqualTypeOf<string>()
  expectTypeOf(await shop.settings.fonts).toEqualTypeOf<{ body: string; bold?: boolean }>()
  expectTypeOf(await shop.labels).toEqualTypeOf<Record<string, string>>()
  const users = await shop.users
  expectTypeOf(users.find(1)).toEqualTypeOf<Promise<string | undefined>>()
  // @ts-expect-error once awaited it is no promise
  users.then(() => {})
  expectTypeOf(await shop.guests).toBeNullable()
  // @ts-expect-error a promise of one is none
  const text: string = shop.theme
  // @ts-expect-error there is nothing of the string on it before
  shop.theme.length
  void text
}
// @ts-expect-error not assigned: control(client).set
shop.theme = 'dark'
// @ts-expect-error a property is no method
shop.theme()
// @ts-expect-error a symbol does not travel: awaiting it is refused
void shop.symbol.then(() => {})
// @ts-expect-error may be a function or not
shop.unclear
// @ts-expect-error a class is needed with new
shop.Class
// @ts-expect-error private by its name
shop._internal
// @ts-expect-error a local name
shop.then

// Functions held in properties are methods.
expectTypeOf(shop.onChange).toEqualTypeOf<(theme: string) => Promise<boolean>>()
expectTypeOf(shop.onClose).toEqualTypeOf<() => Promise<void>>()
expectTypeOf(shop.onEither(1)).toEqualTypeOf<Promise<string>>()
expectTypeOf(shop.loose(1)).resolves.toBeAny()
// @ts-expect-error its argument is checked
shop.onChange(1)

// control(client) reads and writes by name.
const handle = control(shop)
expectTypeOf(handle.get('theme')).toEqualTypeOf<Promise<string>>()
expectTypeOf(handle.get('later')).toEqualTypeOf<Promise<number>>()
expectTypeOf(handle.get('_internal')).toEqualTypeOf<Promise<string>>()
expectTypeOf(handle.get('settings.fonts.body')).toEqualTypeOf<Promise<string>>()
expectTypeOf(handle.get('title')).toEqualTypeOf<Promise<string | undefined>>()
expectTypeOf(handle.set('theme', 'dark')).toEqualTypeOf<Promise<void>>()
void handle.set('mode', 'dark')
void handle.set('settings.theme', 'dark')
void handle.set('settings.fonts.bold', true)
void handle.set('title', 'a')
void handle.set('size', 5)
void handle.set('when', null)
void handle.set('origin', { x: 1, y: 1 })
void handle.set('users.limit', 1)
// @ts-expect-error no such property
void handle.get('nope')
// @ts-expect-error a method is called, not read
void handle.get('onChange')
// @ts-expect-error nothing of that name there
void handle.get('settings.nope')
// @ts-expect-error of the wrong type
void handle.set('theme', 5)
// @ts-expect-error not one of them
void handle.set('mode', 'blue')
// @ts-expect-error undefined is not among its values
void handle.set('theme', undefined)
// @ts-expect-error readonly
void handle.set('version', '2')
// @ts-expect-error readonly in a namespace
void handle.set('settings.version', 2)
// @ts-expect-error only a getter
void handle.set('area', 2)
// @ts-expect-error a method
void handle.set('onChange', () => true)
// @ts-expect-error a part has its type
void handle.set('settings.fonts.body', 5)

// Other ways of calling have the same namespaces, and no properties.
expectTypeOf(handle.notify.users.find(1)).toEqualTypeOf<Promise<void>>()
expectTypeOf(handle.notify.orders.archive.count()).toEqualTypeOf<Promise<void>>()
expectTypeOf(handle.with({ timeoutMs: 1 }).users.find(1)).toEqualTypeOf<Promise<string | undefined>>()
export async function all(): Promise<void> {
  for await (const { value } of handle.all().users.find(1)) expectTypeOf(value).toEqualTypeOf<string | undefined>()
}
// @ts-expect-error nothing is read without an answer
handle.notify.theme
// @ts-expect-error nor of all servers
handle.all().theme
// @ts-expect-error a number is wanted
handle.notify.users.find('1')

// What a server exposes and lets be written.
declare const target: Shop
const url = 'redis://localhost'
new RedisRPCServer(url, 'shop', target, { expose: ['users', 'users.find', 'orders.archive.count', 'theme', 'settings.fonts.body', '_internal'] }) // biome-ignore format: one line
new RedisRPCServer(url, 'shop', target, { expose: ['theme', 'size'], writable: ['theme', 'size', 'settings.theme', 'title'] }) // biome-ignore format: one line
new RedisRPCServer(url, 'shop', { users: new Users(), orders: { find: () => 1 } }, { expose: ['users.find', 'orders'] })
// @ts-expect-error no such method
new RedisRPCServer(url, 'shop', target, { expose: ['users.nope'] })
// @ts-expect-error an emitter's
new RedisRPCServer(url, 'shop', target, { expose: ['users.on'] })
// @ts-expect-error no such namespace
new RedisRPCServer(url, 'shop', target, { expose: ['nope.find'] })
// @ts-expect-error a string has no members here
new RedisRPCServer(url, 'shop', target, { expose: ['theme.length'] })
// @ts-expect-error nor has an array
new RedisRPCServer(url, 'shop', target, { expose: ['points.length'] })
// @ts-expect-error readonly
new RedisRPCServer(url, 'shop', target, { expose: ['version'], writable: ['version'] })
// @ts-expect-error only a getter
new RedisRPCServer(url, 'shop', target, { expose: ['area'], writable: ['area'] })
// @ts-expect-error a method
new RedisRPCServer(url, 'shop', target, { expose: ['onChange'], writable: ['onChange'] })
// @ts-expect-error no such property
new RedisRPCServer(url, 'shop', target, { writable: ['nope'] })
declare const rpc: RedisRPC
void rpc.serve('shop', target, { expose: ['users.find', 'theme'], writable: ['theme'] })
// @ts-expect-error readonly
void rpc.serve('shop', target, { expose: ['version'], writable: ['version'] })
export const settable: Settable<{ a: number; readonly b: number; c(): void }> = 'a'

// Untyped targets and clients take any name.
declare const object: object
new RedisRPCServer(url, 'object', object, { expose: ['a.b'], writable: ['a.b'] })
const untyped = new RedisRPCClient<object>(url, 'object')
expectTypeOf(control(untyped).get('a.b.c.d')).toEqualTypeOf<Promise<unknown>>()
void control(untyped).set('a.b.c.d', 5)

/** Generic code sees the namespaces and properties of the constraint. */
export async function generic<T extends Pick<Shop, 'users' | 'theme'>>(client: Remote<T>): Promise<string> {
  expectTypeOf(client.users.find(1)).toEqualTypeOf<Promise<string | undefined>>()
  // @ts-expect-error a number is wanted
  client.users.find('1')
  const theme: string = await client.theme
  return theme
}
