/** Checked by the compiler alone. */
import { expectTypeOf } from 'expect-type'
import { FunctionClient, FunctionServer } from 'redis-object-rpc/functions'

const URL = 'redis://127.0.0.1:1'

const functions = {
  add: ({ a, b }: { a: number; b: number }): number => a + b,
  async find(_kw: { id: number; deep?: boolean }): Promise<string | undefined> {
    return undefined
  },
  list: (_kw?: { limit: number }): string[] => [],
  search: (_kw: { text?: string }): string[] => [],
  reset: (): void => {},
  // biome-ignore lint/suspicious/noThenProperty: a function may be called so, and then `call` takes it
  then: (): number => 1,
}

export async function typed(): Promise<void> {
  const client = new FunctionClient<typeof functions>(URL)
  expectTypeOf(await client.call('add', { a: 1, b: 2 })).toEqualTypeOf<number>()
  expectTypeOf(await client.fn.add({ a: 1, b: 2 })).toEqualTypeOf<number>()
  // `undefined` arrives as null.
  expectTypeOf(await client.fn.find({ id: 1 })).toEqualTypeOf<string | null>()
  expectTypeOf(await client.fn.reset()).toEqualTypeOf<null>()
  expectTypeOf(await client.fn.list()).toEqualTypeOf<string[]>()
  expectTypeOf(await client.fn.list({ limit: 1 }, { responseTimeoutMs: 5 })).toEqualTypeOf<string[]>()
  expectTypeOf(await client.fn.search()).toEqualTypeOf<string[]>()
  expectTypeOf(await client.call('reset', {}, { responseTimeoutMs: 5 })).toEqualTypeOf<null>()
  expectTypeOf(await client.call('then')).toEqualTypeOf<number>()
  expectTypeOf(await client.callAsync('add', { a: 1, b: 2 })).toEqualTypeOf<string>()
  expectTypeOf(await client.response('add', 'id')).toEqualTypeOf<number>()

  // @ts-expect-error there is no such function
  await client.call('sub', { a: 1, b: 2 })
  // @ts-expect-error an argument is missing
  await client.call('add', { a: 1 })
  // @ts-expect-error the arguments are missing
  await client.fn.add()
  // @ts-expect-error of another type
  await client.fn.add({ a: '1', b: 2 })
  // @ts-expect-error there is no such argument
  await client.fn.find({ id: 1, shallow: true })
  // @ts-expect-error it takes none
  await client.fn.reset({ hard: true })
  // @ts-expect-error it would make the proxy a promise
  await client.fn.then()
  // @ts-expect-error there is no such option
  await client.call('add', { a: 1, b: 2 }, { timeoutMs: 5 })
}

interface Shop {
  order(kw: { sku: string }): Promise<string>
}

export async function ofAnInterface(): Promise<void> {
  expectTypeOf(await new FunctionClient<Shop>(URL).fn.order({ sku: 'A' })).toEqualTypeOf<string>()
}

export async function untyped(): Promise<void> {
  const client = new FunctionClient(URL)
  expectTypeOf(await client.call('anything', { at: 'all' })).toEqualTypeOf<unknown>()
  expectTypeOf(await client.call('anything')).toEqualTypeOf<unknown>()
  expectTypeOf(await client.response('anything', 'id')).toEqualTypeOf<unknown>()
}

export function server(): void {
  new FunctionServer(URL, functions)
  new FunctionServer<Shop>(URL, { order: async ({ sku }) => sku })
  // @ts-expect-error not a function
  new FunctionServer(URL, { add: 5 })
  // @ts-expect-error arguments are named, so there is one parameter
  new FunctionServer(URL, { add: (a: number, b: number) => a + b })
}
