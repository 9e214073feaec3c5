/** What `Remote<T>` makes of a type. Checked by the compiler; `test/types/types.test.ts` runs it. */
import { expectTypeOf } from 'expect-type'
import { control, kwargs, RedisRPCClient, RedisRPCServer, type Remote } from 'redis-object-rpc'

interface Point {
  readonly x: number
  readonly y: number
}

class Service {
  readonly version: string = '1'
  count = 0
  static create(): Service {
    return new Service()
  }
  get size(): number {
    return this.count
  }
  add(number: number): number {
    this.hidden()
    return number
  }
  isOpen(): boolean {
    return true
  }
  find(id: number): Point | undefined {
    return id > 0 ? { x: 0, y: 0 } : undefined
  }
  either(): number | Promise<string> {
    return 1
  }
  nothing(): void {}
  never(): never {
    throw new Error('never')
  }
  // biome-ignore lint/suspicious/noExplicitAny: what untyped code has
  loose(): any {
    return 1
  }
  async load(path: string): Promise<Point[]> {
    return path === '' ? [] : []
  }
  async generic<K extends string>(key: K): Promise<Record<K, number>> {
    return { [key]: 1 } as Record<K, number>
  }
  rest(first: string, ...more: number[]): number {
    return first.length + more.length
  }
  optional(first: string, second?: number): string {
    return first + (second ?? '')
  }
  overloaded(value: string): number
  overloaded(value: number): string
  overloaded(value: string | number): string | number {
    return value
  }
  asyncOverloaded(value: string): Promise<number>
  asyncOverloaded(value: number): Promise<string>
  async asyncOverloaded(value: string | number): Promise<string | number> {
    return value
  }
  readonly arrow = (value: bigint): bigint => value
  maybe?(): number
  protected guarded(): void {}
  private hidden(): void {
    this.#secret()
  }
  #secret(): void {}
  _internal(): void {}
  toString(): string {
    return ''
  }
  toJSON(): string {
    return ''
  }
  [Symbol.iterator](): Iterator<number> {
    return [1].values()
  }
}

type R = Remote<Service>

// Each method becomes async; one that is async already keeps its own type.
expectTypeOf<R['add']>().parameters.toEqualTypeOf<[number: number]>()
expectTypeOf<ReturnType<R['add']>>().toEqualTypeOf<Promise<number>>()
expectTypeOf<ReturnType<R['isOpen']>>().toEqualTypeOf<Promise<boolean>>()
expectTypeOf<ReturnType<R['find']>>().toEqualTypeOf<Promise<Point | undefined>>()
expectTypeOf<ReturnType<R['either']>>().toEqualTypeOf<Promise<number | string>>()
expectTypeOf<ReturnType<R['nothing']>>().toEqualTypeOf<Promise<void>>()
expectTypeOf<R['load']>().toEqualTypeOf<(path: string) => Promise<Point[]>>()
expectTypeOf<R['rest']>().parameters.toEqualTypeOf<[first: string, ...more: number[]]>()
expectTypeOf<R['optional']>().parameters.toEqualTypeOf<[first: string, second?: number | undefined]>()
expectTypeOf<ReturnType<R['arrow']>>().toEqualTypeOf<Promise<bigint>>()
expectTypeOf<ReturnType<R['maybe']>>().toEqualTypeOf<Promise<number>>()

declare const remote: R
expectTypeOf(remote.loose()).resolves.toBeAny()
export const never: Promise<never> = remote.never()
expectTypeOf(remote.generic('a')).toEqualTypeOf<Promise<Record<'a', number>>>()
expectTypeOf(remote.overloaded('a')).toEqualTypeOf<Promise<number>>()
expectTypeOf(remote.overloaded(1)).toEqualTypeOf<Promise<string>>()
expectTypeOf(remote.asyncOverloaded('a')).toEqualTypeOf<Promise<number>>()
expectTypeOf(remote.asyncOverloaded(1)).toEqualTypeOf<Promise<string>>()

// Properties and accessors are read by awaiting them.
expectTypeOf(remote.version).toEqualTypeOf<PromiseLike<string>>()
expectTypeOf(remote.count).toEqualTypeOf<PromiseLike<number>>()
expectTypeOf(remote.size).toEqualTypeOf<PromiseLike<number>>()

// What is not public is not there.
// @ts-expect-error a static method is not the instance's
remote.create
// @ts-expect-error a protected method is not there
remote.guarded
// @ts-expect-error a private method is not there
remote.hidden
// @ts-expect-error names that begin with _ are not exposed
remote._internal
// @ts-expect-error names that code looks for on every object are not remote
remote.toJSON
expectTypeOf(remote.toString()).toEqualTypeOf<string>()
expectTypeOf(control(remote).call('toJSON')).toEqualTypeOf<Promise<unknown>>()
// @ts-expect-error a symbol does not travel
remote[Symbol.iterator]
// @ts-expect-error a method cannot be replaced
remote.add = async () => 1

// Arguments are checked.
// @ts-expect-error a number is wanted
remote.add('1')
// @ts-expect-error an argument is missing
remote.add()
// @ts-expect-error no overload takes a boolean
remote.overloaded(true)

// A plain object of functions, and an interface.
const tools = { twice: (number: number) => number * 2, later: async () => 'x', name: 'tools' }
declare const remoteTools: Remote<typeof tools>
expectTypeOf(remoteTools.twice(2)).toEqualTypeOf<Promise<number>>()
expectTypeOf(remoteTools.later()).toEqualTypeOf<Promise<string>>()
expectTypeOf<keyof typeof remoteTools>().toEqualTypeOf<'twice' | 'later' | 'name'>()

// A remote of a remote is the same.
expectTypeOf<keyof Remote<R>>().toEqualTypeOf<keyof R>()

// The client, its control and its options.
const client = new RedisRPCClient<Service>('redis://localhost', 'service')
expectTypeOf(client).toEqualTypeOf<R>()
expectTypeOf<RedisRPCClient<Service>>().toEqualTypeOf<R>()
expectTypeOf(control(client).with({ timeoutMs: 1 }).add(1)).toEqualTypeOf<Promise<number>>()
expectTypeOf(kwargs({ to: 'EUR' })).toEqualTypeOf<{ to: string }>()
// @ts-expect-error close takes nothing
void control(client).close(1)
// @ts-expect-error no such option
new RedisRPCClient<Service>('redis://localhost', 'service', { timeout: 1 })
// @ts-expect-error no such dialect
new RedisRPCClient<Service>('redis://localhost', 'service', { dialect: 'modern' })
// @ts-expect-error a server serves an object
new RedisRPCServer('redis://localhost', 'service', 5)
