/** What `Remote<T>` makes of overloads, `this` and type parameters. Checked by the compiler; `test/types/types.test.ts` runs it. */
import { expectTypeOf } from 'expect-type'
import type { NotCallable, Remote } from 'redis-object-rpc'

interface Mixed {
  size(of: 'now'): number
  size(of: 'later'): Promise<number>
  count(of: 'later'): Promise<number>
  count(of: 'now'): number
  log(text: string): void
  log(text: string, flush: true): Promise<void>
  read(key: string): unknown
  read(key: string, as: 'text'): Promise<string>
  // biome-ignore lint/suspicious/noExplicitAny: what untyped code has
  parse(text: string): any
  parse(text: string, as: 'number'): Promise<number>
  five(x: 1): Promise<'a'>
  five(x: 2): 'b'
  five(x: 3): Promise<'c'>
  five(x: 4): 'd'
  five(x: 5): Promise<'e'>
  either(x: 1): number | Promise<string>
  either(x: 2): PromiseLike<boolean>
}
declare const mixed: Remote<Mixed>

// Overloads that mix sync and async, in any order: each for itself.
expectTypeOf(mixed.size('now')).toEqualTypeOf<Promise<number>>()
expectTypeOf(mixed.size('later')).toEqualTypeOf<Promise<number>>()
expectTypeOf(mixed.count('later')).toEqualTypeOf<Promise<number>>()
expectTypeOf(mixed.count('now')).toEqualTypeOf<Promise<number>>()
expectTypeOf(mixed.log('a')).toEqualTypeOf<Promise<void>>()
expectTypeOf(mixed.log('a', true)).toEqualTypeOf<Promise<void>>()
expectTypeOf(mixed.read('a')).toEqualTypeOf<Promise<unknown>>()
expectTypeOf(mixed.read('a', 'text')).toEqualTypeOf<Promise<string>>()
expectTypeOf(mixed.parse('a')).resolves.toBeAny()
expectTypeOf(mixed.parse('a', 'number')).toEqualTypeOf<Promise<number>>()
expectTypeOf(mixed.five(1)).toEqualTypeOf<Promise<'a'>>()
expectTypeOf(mixed.five(2)).toEqualTypeOf<Promise<'b'>>()
expectTypeOf(mixed.five(5)).toEqualTypeOf<Promise<'e'>>()
expectTypeOf(mixed.either(1)).toEqualTypeOf<Promise<number | string>>()
expectTypeOf(mixed.either(2)).toEqualTypeOf<Promise<boolean>>()
// @ts-expect-error a promise is no number
export const now: number = mixed.size('now')
// @ts-expect-error nor is one of the overload that comes last
export const counted: number = mixed.count('now')
// @ts-expect-error no overload takes this
mixed.size('soon')

interface WithThis {
  name: string
  sync(this: WithThis, suffix: string): string
  async(this: WithThis, suffix: string): Promise<string>
  first(this: WithThis, x: 1): Promise<number>
  first(x: 2): Promise<string>
  last(x: 1): Promise<number>
  last(this: WithThis, x: 2): string
  none(this: void, x: number): Promise<number>
  parameter<V>(this: WithThis, value: V): Promise<V>
  free<V>(this: void, value: V): Promise<V>
}
declare const withThis: Remote<WithThis>

// The server calls a method on its object, so its callers have no `this` to give.
expectTypeOf(withThis.sync('a')).toEqualTypeOf<Promise<string>>()
expectTypeOf(withThis.async('a')).toEqualTypeOf<Promise<string>>()
expectTypeOf(withThis.first(1)).toEqualTypeOf<Promise<number>>()
expectTypeOf(withThis.first(2)).toEqualTypeOf<Promise<string>>()
expectTypeOf(withThis.last(1)).toEqualTypeOf<Promise<number>>()
expectTypeOf(withThis.last(2)).toEqualTypeOf<Promise<string>>()
expectTypeOf(withThis.none(1)).toEqualTypeOf<Promise<number>>()
expectTypeOf(withThis.free('a')).toEqualTypeOf<Promise<string>>()
// @ts-expect-error to take `this` away would lose the type parameter
withThis.parameter('a')

interface Generic {
  async<K extends string>(key: K): Promise<Record<K, number>>
  overloaded<V>(value: V): Promise<V>
  overloaded<V>(value: V, times: number): Promise<V[]>
  sync<V>(value: V): V
  constrained<K extends string>(key: K): Record<K, number>
  pair<K extends keyof Mixed>(key: K, value: Mixed[K]): void
  mixed<V>(value: V): V
  mixed(value: string, as: 'number'): Promise<number>
  guard(value: unknown): value is string
  assert(value: unknown): asserts value is string
}
declare const generic: Remote<Generic>

// Type parameters survive in async methods. In sync ones TypeScript has no way to keep them: they are refused.
expectTypeOf(generic.async('a')).toEqualTypeOf<Promise<Record<'a', number>>>()
expectTypeOf(generic.overloaded(1 as const)).toEqualTypeOf<Promise<1>>()
expectTypeOf(generic.overloaded('a', 2)).toEqualTypeOf<Promise<string[]>>()
type Lost = NotCallable<'its type parameters would be lost: let it return a Promise, and not use this'>
expectTypeOf(generic.sync).toEqualTypeOf<Lost>()
expectTypeOf(generic.constrained).toEqualTypeOf<Lost>()
expectTypeOf(generic.pair).toEqualTypeOf<Lost>()
expectTypeOf(generic.mixed).toEqualTypeOf<Lost>()
// @ts-expect-error readable: Type 'NotCallable<"its type parameters would be lost: …">' has no call signatures
generic.sync(1)
expectTypeOf(generic.guard).toEqualTypeOf<(value: unknown) => Promise<boolean>>()

/** Generic code sees the methods of the constraint. */
export async function find<T extends { find(id: number): string; count: number; load(): Promise<Date> }>(
  client: Remote<T>,
): Promise<string> {
  expectTypeOf(client.find(1)).toEqualTypeOf<Promise<string>>()
  expectTypeOf(client.load()).toEqualTypeOf<Promise<Date>>()
  // @ts-expect-error a number is wanted
  client.find('1')
  expectTypeOf(client.count).toEqualTypeOf<PromiseLike<number>>()
  // @ts-expect-error not in the constraint
  client.remove
  const narrower: Remote<{ find(id: number): string }> = client
  return narrower.find(1)
}

interface Page<Row> {
  readonly rows: Row[]
  readonly first: Row
  readonly byId: Map<string, Row>
}
interface Table<Key, Row> {
  page(): Promise<Page<Row>>
  all(): Row[]
  load(key: Key): Promise<Row | undefined>
  get(key: Key): Row | null
  only(): Row
  put(key: Key, row: Row): void
  column<K extends keyof Row>(key: K): Promise<Row[K][]>
}

/** Generic code that knows the methods, and not the values. */
export async function copy<Row>(from: Remote<Table<string, Row>>, to: Remote<Table<string, Row>>): Promise<Row[]> {
  const { rows, byId } = await from.page()
  expectTypeOf(byId).toEqualTypeOf<Map<string, Row>>()
  for (const row of rows) await to.put('a', row)
  const row = await from.load('a')
  if (row !== undefined) await to.put('a', row as Row)
  const promises: Promise<unknown>[] = [from.get('a'), from.only()]
  await Promise.all(promises)
  expectTypeOf(from.all()).toEqualTypeOf<Promise<Row[]>>()
  return to.all()
}
