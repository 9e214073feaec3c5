/** What of `T` is not in `Remote<T>`, or is refused there. Checked by the compiler; `test/types/types.test.ts` runs it. */
import { EventEmitter } from 'node:events'
import type { Writable } from 'node:stream'
import type { ObjectId } from 'bson'
import type { Dayjs } from 'dayjs'
import type { Decimal } from 'decimal.js'
import { expectTypeOf } from 'expect-type'
import type { NotCallable, Remote, RemoteFunction } from 'redis-object-rpc'

// What is inherited from an emitter is not there: it registers callbacks, or returns the object itself.
class Shop extends EventEmitter<{ sold: [item: string] }> {
  order(item: string): number {
    return item.length
  }
  addAll(): void {}
}
interface EmitterLike {
  on(event: 'sold', listener: (item: string) => void): this
  once(event: 'sold', listener: (item: string) => void): this
  off(event: 'sold', listener: (item: string) => void): this
  emit(event: 'sold', item: string): boolean
  removeListener(event: 'sold', listener: (item: string) => void): this
  listenerCount(event: 'sold'): number
  order(item: string): number
}
class Target extends EventTarget {
  order(): number {
    return 1
  }
}
/** Not an emitter: names alone make none. */
interface Lamp {
  on(): void
  off(): void
  once(times: number): number
}
expectTypeOf<keyof Remote<Shop>>().toEqualTypeOf<'order' | 'addAll'>()
expectTypeOf<keyof Remote<EmitterLike>>().toEqualTypeOf<'order'>()
expectTypeOf<keyof Remote<Target>>().toEqualTypeOf<'order'>()
expectTypeOf<keyof Remote<Lamp>>().toEqualTypeOf<'on' | 'off' | 'once'>()
declare const shop: Remote<Shop>
expectTypeOf(shop.order('a')).toEqualTypeOf<Promise<number>>()
// @ts-expect-error a listener cannot be registered from afar
shop.on('sold', () => {})
// @ts-expect-error nor once
shop.once('sold', () => {})
// @ts-expect-error nor are events emitted from afar
shop.emit('sold', 'a')
// @ts-expect-error and so on
shop.removeAllListeners()
declare const target: Remote<Target>
// @ts-expect-error the same of an EventTarget
target.addEventListener('sold', () => {})

// Names that no client calls, and members that are no methods.
declare const names: Remote<{
  then(): number
  'rpc.ping'(): number
  onModuleInit(): void
  _hidden(): void
  Class: typeof Date
  maybe?: (() => number) | undefined
  either: (() => number) | string
  'with-dash'(): number
}>
expectTypeOf<keyof typeof names>().toEqualTypeOf<'maybe' | 'with-dash'>()

/** Results that cannot travel, whatever they are. */
interface Refused {
  constructors(): typeof Date
  symbol(): symbol
  either(): symbol | typeof Date
  weakMap(): WeakMap<object, string>
  weakSet(): Promise<WeakSet<object>>
  weakRef(): WeakRef<object>
  shared(): SharedArrayBuffer
  promises(ids: number[]): Promise<string>[]
  promiseIn(): { readonly name: string; readonly friends: Promise<string[]> }
  promiseOf(): Map<string, Promise<number>>
  promiseSet(): Promise<Set<Promise<number>>>
  generator(): Generator<number>
  iterator(): IterableIterator<string>
  entries(): ReturnType<Map<string, number>['entries']>
  webWritable(): Promise<WritableStream<string>>
  pipe(into: symbol, ...rest: number[]): void
  generic<V>(value: V): Promise<Generator<V>>
}
type Why<K extends keyof Refused> =
  Extract<Remote<Refused>[K], NotCallable<unknown>> extends NotCallable<infer W> ? W : never
expectTypeOf<Why<'promises'>>().toEqualTypeOf<'an element of return_value is a promise, which cannot travel'>()
expectTypeOf<Why<'promiseIn'>>().toEqualTypeOf<'return_value.friends is a promise, which cannot travel'>()
expectTypeOf<Why<'promiseOf'>>().toEqualTypeOf<'a value of return_value is a promise, which cannot travel'>()
expectTypeOf<Why<'webWritable'>>().toEqualTypeOf<'return_value is a stream, which cannot travel'>()

/** What stays where it is, and can be called from the other end. */
declare const lends: Remote<{
  fn(): (n: number) => void
  callback(each: (n: number) => void): void
  cancel(id: number, signal: AbortSignal): Promise<void>
  signal(): AbortSignal
}>
expectTypeOf(lends.callback).toBeCallableWith((n: number) => n)
expectTypeOf(lends.cancel).toBeCallableWith(1, new AbortController().signal)
expectTypeOf(lends.signal()).resolves.toEqualTypeOf<AbortSignal>()

declare const refused: Remote<Refused>
// @ts-expect-error a class
refused.constructors()
// @ts-expect-error a symbol
refused.symbol()
// @ts-expect-error all of the union
refused.either()
// @ts-expect-error a WeakMap
refused.weakMap()
// @ts-expect-error a WeakSet
refused.weakSet()
// @ts-expect-error a WeakRef
refused.weakRef()
// @ts-expect-error shared memory
refused.shared()
// @ts-expect-error promises in an array: Promise.all is missing
refused.promises([1])
// @ts-expect-error a promise in an object
refused.promiseIn()
// @ts-expect-error a promise in a Map
refused.promiseOf()
// @ts-expect-error a promise in a Set
refused.promiseSet()
// @ts-expect-error a generator
refused.generator()
// @ts-expect-error an iterator
refused.iterator()
// @ts-expect-error what a Map iterates with
refused.entries()
// @ts-expect-error one that is written to
refused.webWritable()
// @ts-expect-error a symbol among the arguments
refused.pipe(Symbol.iterator)
// @ts-expect-error a generator of whatever type
refused.generic(1)

class Money {
  amount = 5n
  toString(): string {
    return `${this.amount}`
  }
}
interface Tree {
  readonly left: Tree | undefined
  readonly all: Tree[]
}
/** Results some or all of which travel. */
interface Travels {
  registered(): Money
  registeredIn(): { readonly sum: Money; readonly all: Money[] }
  maybe(): string | (() => void)
  optional(): { readonly cancel?: () => void; readonly text: string }
  nothing(): undefined
  never(): never
  unknown(): unknown
  object(): object
  tree(): Tree
  branded(): string & { readonly brand: 'id' }
  map(): Map<string, Set<number>>
  readonlyMap(): ReadonlyMap<string, ReadonlySet<number>>
  dates(): [Date, RegExp, URL, Error]
  bytes(): Uint8Array | ArrayBuffer | DataView | Buffer
  write(into: Writable | string): void
  optionalCallback(id: number, each?: (n: number) => void): void
  callbacks(...each: (() => void)[]): void
  // biome-ignore lint/suspicious/noExplicitAny: what untyped code has
  loose(value: any): any
  thenable(): PromiseLike<string>
  described(): [Decimal, ObjectId, Dayjs]
}
declare const travels: Remote<Travels>
expectTypeOf(travels.registered()).toEqualTypeOf<Promise<Money>>()
expectTypeOf(travels.registeredIn()).toEqualTypeOf<Promise<{ readonly sum: Money; readonly all: Money[] }>>()
expectTypeOf(travels.maybe()).toEqualTypeOf<Promise<string | RemoteFunction<() => void>>>()
expectTypeOf(travels.optional()).toEqualTypeOf<
  Promise<{ readonly cancel?: RemoteFunction<() => void>; readonly text: string }>
>()
expectTypeOf(travels.nothing()).toEqualTypeOf<Promise<undefined>>()
expectTypeOf(travels.never()).toEqualTypeOf<Promise<never>>()
expectTypeOf(travels.unknown()).toEqualTypeOf<Promise<unknown>>()
expectTypeOf(travels.object()).toEqualTypeOf<Promise<object>>()
expectTypeOf(travels.tree()).toEqualTypeOf<Promise<Tree>>()
expectTypeOf(travels.branded()).toEqualTypeOf<Promise<string & { readonly brand: 'id' }>>()
expectTypeOf(travels.map()).toEqualTypeOf<Promise<Map<string, Set<number>>>>()
expectTypeOf(travels.readonlyMap()).toEqualTypeOf<Promise<ReadonlyMap<string, ReadonlySet<number>>>>()
expectTypeOf(travels.dates()).toEqualTypeOf<Promise<[Date, RegExp, URL, Error]>>()
expectTypeOf(travels.bytes()).toEqualTypeOf<Promise<Uint8Array | ArrayBuffer | DataView | Buffer>>()
expectTypeOf(travels.write('a')).toEqualTypeOf<Promise<void>>()
expectTypeOf(travels.optionalCallback(1)).toEqualTypeOf<Promise<void>>()
expectTypeOf(travels.callbacks()).toEqualTypeOf<Promise<void>>()
expectTypeOf(travels.loose(1)).resolves.toBeAny()
expectTypeOf(travels.described()).toEqualTypeOf<Promise<[Decimal, ObjectId, Dayjs]>>()
expectTypeOf(travels.thenable()).toEqualTypeOf<Promise<string>>()

// Untyped clients.
// biome-ignore lint/suspicious/noExplicitAny: what untyped code has
declare const untyped: Remote<any>
expectTypeOf(untyped.whatever?.(1, 'a')).resolves.toBeAny()
declare const record: Remote<Record<string, (n: number) => string>>
expectTypeOf(record.any?.(1)).toEqualTypeOf<Promise<string> | undefined>()

/** A union of services has the methods of both. */
declare const union: Remote<{ a(): number; b(): string } | { a(): string }>
expectTypeOf(union.a()).toEqualTypeOf<Promise<number> | Promise<string>>()
// @ts-expect-error only one has it
union.b()

// A fake may have what no client can call.
export const fake: Remote<{ find(): string; rows(): Generator<number> }> = { find: async () => 'a', rows: {} }
