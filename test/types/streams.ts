/** Streams in `Remote<T>`. Checked by the compiler; `test/types/types.test.ts` runs it. */
import type { Readable } from 'node:stream'
import { expectTypeOf } from 'expect-type'
import type { Remote, RemoteStream } from 'redis-object-rpc'

interface Row {
  id: number
  when: Date
}
interface Log {
  rows(from?: number): AsyncGenerator<Row, string>
  later(): Promise<AsyncGenerator<Row, string>>
  iterable(): AsyncIterable<number>
  iterator(): AsyncIterableIterator<number>
  web(): ReadableStream<Uint8Array>
  webLater(): Promise<ReadableStream<string>>
  node(): Readable
  maybe(): AsyncIterable<number> | undefined
  inside(): { readonly rows: AsyncIterable<Row>; readonly total: number }
  several(): AsyncIterable<number>[]
  store(rows: AsyncIterable<Row>): Promise<number>
  upload(name: string, data: ReadableStream<Uint8Array>): string
  both(value: string): AsyncIterable<string>
  both(value: number): AsyncIterable<number>
  plain(): number
  of<V>(value: V): Promise<AsyncGenerator<V>>
  // biome-ignore lint/suspicious/noExplicitAny: what untyped code has
  loose(): any
  nobody(): never
}
// biome-ignore lint/suspicious/noExplicitAny: what AsyncIterable says that an iterator ends with
type Unsaid = any
declare const log: Remote<Log>
declare const rows: RemoteStream<Row, string>

export async function read(): Promise<void> {
  // A call can be iterated as it is, and what it gives can, too.
  for await (const row of log.rows()) expectTypeOf(row).toEqualTypeOf<Row>()
  for await (const row of await log.rows(5)) expectTypeOf(row).toEqualTypeOf<Row>()
  for await (const row of log.later()) expectTypeOf(row).toEqualTypeOf<Row>()
  for await (const item of log.iterable()) expectTypeOf(item).toEqualTypeOf<number>()
  for await (const chunk of log.web()) expectTypeOf(chunk).toEqualTypeOf<Uint8Array>()
  for await (const value of log.both('a')) expectTypeOf(value).toEqualTypeOf<string>()
  for await (const value of log.both(1)) expectTypeOf(value).toEqualTypeOf<number>()
  for await (const value of await log.of('a' as const)) expectTypeOf(value).toEqualTypeOf<'a'>()

  // What comes has everything that a generator has.
  expectTypeOf(await log.rows()).toEqualTypeOf<RemoteStream<Row, string>>()
  expectTypeOf(await log.later()).toEqualTypeOf<RemoteStream<Row, string>>()
  expectTypeOf(await rows.next()).toEqualTypeOf<IteratorResult<Row, string>>()
  await rows.return()
  await rows.return('end')
  await rows.throw(new Error('enough'))
  await rows[Symbol.asyncDispose]()
  const iterable: AsyncIterable<Row> = rows
  const iterator: AsyncIterator<Row, string> = rows
  const again: AsyncIterableIterator<Row, string> = rows
  expectTypeOf([iterable, iterator, again]).toBeArray()

  // A ReadableStream is one at the other end.
  expectTypeOf(await log.web()).toEqualTypeOf<ReadableStream<Uint8Array>>()
  expectTypeOf(await log.webLater()).toEqualTypeOf<ReadableStream<string>>()
  // One of Node's is iterated there.
  // @ts-expect-error no Readable
  ;(await log.node()).pipe
  expectTypeOf((await log.node()).next).toBeFunction()

  // In other values streams are streams, too; what may be none has to be awaited.
  expectTypeOf((await log.inside()).rows).toEqualTypeOf<RemoteStream<Row, Unsaid>>()
  expectTypeOf(await log.several()).toEqualTypeOf<RemoteStream<number, Unsaid>[]>()
  expectTypeOf(log.maybe()).toEqualTypeOf<Promise<RemoteStream<number, Unsaid> | undefined>>()
  // @ts-expect-error it may be undefined
  for await (const item of log.maybe()) void item
  // @ts-expect-error a number
  for await (const item of log.plain()) void item
  // @ts-expect-error an array of streams is none
  for await (const item of log.several()) void item
  // @ts-expect-error nothing is known of it
  for await (const item of log.loose()) void item
  expectTypeOf(log.plain()).toEqualTypeOf<Promise<number>>()
  expectTypeOf(log.loose()).resolves.toBeAny()
  expectTypeOf(log.nobody()).toEqualTypeOf<Promise<never>>()

  // Arguments.
  async function* make(): AsyncGenerator<Row> {
    yield { id: 1, when: new Date(0) }
  }
  expectTypeOf(await log.store(make())).toEqualTypeOf<number>()
  expectTypeOf(await log.store(await log.rows())).toEqualTypeOf<number>()
  expectTypeOf(await log.upload('a', new Blob(['b']).stream())).toEqualTypeOf<string>()
  // @ts-expect-error an array is no stream
  log.store([{ id: 1, when: new Date(0) }])
  // @ts-expect-error of other items
  log.store(log.iterable())
  // @ts-expect-error a ReadableStream is wanted
  log.upload('a', make())
  // @ts-expect-error no such column
  for await (const row of log.rows()) row.name
  // @ts-expect-error a stream ends with a string
  await rows.return(5)
  // @ts-expect-error a generator there takes nothing from here
  await rows.next(5)
  // @ts-expect-error a number is wanted
  log.rows('5')
}
