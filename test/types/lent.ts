/** Functions and objects by reference in `Remote<T>`. Checked by the compiler; `test/types/types.test.ts` runs it. */
import { expectTypeOf } from 'expect-type'
import {
  type ByReference,
  type Remote,
  type RemoteCallback,
  type RemoteFunction,
  type RemoteReference,
  type RemoteStream,
  RemoteTarget,
  ref,
  release,
} from 'redis-object-rpc'

interface User {
  readonly id: number
  readonly name?: string
  readonly tags: { readonly text: string }[]
}
class Account extends RemoteTarget {
  readonly owner: string = 'Ann'
  #sum = 0
  pay(amount: number): number {
    this.#sum += amount
    return this.#sum
  }
  onPaid(listener: (amount: number) => Promise<void>): () => void {
    void listener(this.#sum)
    return () => {}
  }
}
/** A class of references to its own kind. */
interface Tree extends ByReference {
  readonly depth: number
  child(): Tree
  children(): Promise<Tree[]>
  walk(visit: (tree: Tree) => Promise<boolean>): void
  rows(): AsyncGenerator<User>
}
interface Counter {
  count(): number
}

// Results that are functions.
interface Results {
  format(): (n: number) => string
  later(): Promise<(n: number) => Promise<string>>
  maybe(): (() => void) | undefined
  nullable(): Promise<(() => number) | null>
  list(): (() => number)[]
  pair(): [name: string, stop: () => void]
  byName(): Map<string, () => number>
  all(): ReadonlySet<() => number>
  job(): { readonly id: number; readonly cancel?: (why: string) => void; readonly user: User }
  deep(): { readonly hooks: { readonly stop: () => void } }
  nested(): (each: (n: number) => Promise<void>) => (text: string) => boolean
  withRows(): () => AsyncGenerator<User>
  user(): User
  users(): Promise<readonly User[]>
  byId(): Map<string, User>
  // biome-ignore lint/suspicious/noExplicitAny: what untyped code has
  loose(): { readonly a: any; readonly b: unknown; readonly c: never }
  symbols(): () => symbol
}
declare const results: Remote<Results>
type Disposes = Disposable & AsyncDisposable
expectTypeOf(results.format()).toEqualTypeOf<Promise<RemoteFunction<(n: number) => string>>>()
expectTypeOf<RemoteFunction<(n: number) => string>>().toEqualTypeOf<((n: number) => Promise<string>) & Disposes>()
expectTypeOf(results.maybe()).toEqualTypeOf<Promise<RemoteFunction<() => void> | undefined>>()
expectTypeOf(results.nullable()).toEqualTypeOf<Promise<RemoteFunction<() => number> | null>>()
expectTypeOf(results.list()).toEqualTypeOf<Promise<RemoteFunction<() => number>[]>>()
expectTypeOf(results.pair()).toEqualTypeOf<Promise<[name: string, stop: RemoteFunction<() => void>]>>()
expectTypeOf(results.byName()).toEqualTypeOf<Promise<Map<string, RemoteFunction<() => number>>>>()
expectTypeOf(results.all()).toEqualTypeOf<Promise<ReadonlySet<RemoteFunction<() => number>>>>()
expectTypeOf(results.user()).toEqualTypeOf<Promise<User>>()
expectTypeOf(results.users()).toEqualTypeOf<Promise<readonly User[]>>()
expectTypeOf(results.byId()).toEqualTypeOf<Promise<Map<string, User>>>()
// biome-ignore lint/suspicious/noExplicitAny: what untyped code has
expectTypeOf(results.loose()).toEqualTypeOf<Promise<{ readonly a: any; readonly b: unknown; readonly c: never }>>()

export async function useResults(): Promise<void> {
  using format = await results.format()
  await using later = await results.later()
  expectTypeOf(format(1)).toEqualTypeOf<Promise<string>>()
  expectTypeOf(later(1)).toEqualTypeOf<Promise<string>>()
  release(format)
  const job = await results.job()
  expectTypeOf(job.user).toEqualTypeOf<User>()
  expectTypeOf(job.cancel?.('late')).toEqualTypeOf<Promise<void> | undefined>()
  expectTypeOf((await results.deep()).hooks.stop()).toEqualTypeOf<Promise<void>>()
  const inner = await (await results.nested())((n) => void n.toFixed())
  expectTypeOf(inner('a')).toEqualTypeOf<Promise<boolean>>()
  for await (const row of (await results.withRows())()) expectTypeOf(row).toEqualTypeOf<User>()

  // @ts-expect-error what it returns is a promise
  const text: string = format(1)
  // @ts-expect-error a number is wanted
  format('1')
  // @ts-expect-error a promise is no function: await it
  results.format()(1)
  // @ts-expect-error it may be undefined
  ;(await results.maybe())()
  // @ts-expect-error it may be null
  ;(await results.nullable())()
  // @ts-expect-error an element may be missing
  ;(await results.list())[0]()
  // @ts-expect-error the first is a string
  ;(await results.pair())[0]()
  // @ts-expect-error the Map may not have it
  ;(await results.byName()).get('a')()
  // @ts-expect-error it is optional
  job.cancel('late')
  // @ts-expect-error a reason is wanted
  job.cancel?.(5)
  // @ts-expect-error no such hook
  ;(await results.deep()).hooks.start
  // @ts-expect-error the function inside takes a number
  ;(await results.nested())((n: string) => void n)
  // @ts-expect-error what is copied has nothing to dispose of
  ;(await results.user())[Symbol.dispose]
  // @ts-expect-error what it would return cannot travel
  ;(await results.symbols())()
  return void text
}

// Arguments that are functions.
interface Arguments {
  run(steps: number, progress: RemoteCallback<(percent: number) => void>): string
  each(visit: (user: User) => void, from?: number): Promise<void>
  map(change: (n: number) => Promise<string>, ...more: number[]): string[]
  either(check: (n: number) => boolean | Promise<boolean>): void
  maybe(done?: ((error: Error | null) => Promise<void>) | null): void
  options(options: { readonly signal?: AbortSignal; readonly onRow?: (row: User) => Promise<void> }): void
  handlers(handlers: Map<string, (n: number) => Promise<number>>): void
  twice(outer: (inner: (n: number) => string) => Promise<void>): void
  give(account: (account: Account) => Promise<number>): void
  cancel(id: number, signal: AbortSignal): void
  upload(rows: AsyncGenerator<User>): number
  files(files: { readonly name: string; readonly data: AsyncIterable<Uint8Array> }[]): number
  plain(user: User, ids?: readonly number[], ...rest: Date[]): void
  // biome-ignore lint/suspicious/noExplicitAny: what untyped code has
  loose(first: any, second: unknown, third: (...args: any[]) => any): void
}
declare const args: Remote<Arguments>
declare const user: User
expectTypeOf<RemoteCallback<(n: number) => void>>().toEqualTypeOf<(n: number) => Promise<void>>()
expectTypeOf(args.plain).toEqualTypeOf<(user: User, ids?: readonly number[], ...rest: Date[]) => Promise<void>>()
expectTypeOf(args.run).parameters.toEqualTypeOf<[steps: number, progress: (percent: number) => void | Promise<void>]>()
expectTypeOf(args.map).parameters.toEqualTypeOf<[change: (n: number) => string | Promise<string>, ...more: number[]]>()

export async function useArguments(signal: AbortSignal, account: Account): Promise<void> {
  await args.run(5, (percent) => console.log(percent.toFixed()))
  await args.run(5, async (percent) => console.log(percent.toFixed()))
  await args.each((each) => each.name)
  await args.each(async (each) => console.log(each.id), 5)
  await args.map((n) => `${n}`, 1, 2)
  await args.map(async (n) => `${n}`)
  await args.either((n) => n > 0)
  await args.maybe()
  await args.maybe(null)
  await args.maybe((error) => console.log(error?.message))
  await args.options({ signal, onRow: (row) => console.log(row.id) })
  await args.handlers(new Map([['a', (n: number) => n]]))
  await args.twice(async (inner) => {
    expectTypeOf(inner(1)).toEqualTypeOf<Promise<string>>()
    inner[Symbol.dispose]()
  })
  await args.give((theirs) => {
    expectTypeOf(theirs).toEqualTypeOf<RemoteReference<Account>>()
    return theirs.pay(1)
  })
  await args.cancel(1, signal)
  async function* make(): AsyncGenerator<User> {
    yield user
  }
  await args.upload(make())
  await args.upload(new ReadableStream<User>())
  await args.files([{ name: 'a', data: new Blob(['a']).stream() }])
  await args.loose(1, 2, (a: number) => a)
  // What came as a function may be passed on.
  await args.map(await results.format())

  // @ts-expect-error a function is wanted
  args.run(5, 'progress')
  // @ts-expect-error it is not optional
  args.run(5)
  // @ts-expect-error it is called with a number
  args.run(5, (percent: string) => console.log(percent))
  // @ts-expect-error it is called with one argument
  args.run(5, (percent: number, of: number) => console.log(percent, of))
  // @ts-expect-error a string is wanted, or a promise of one
  args.map((n) => n)
  // @ts-expect-error a promise of another type
  args.map(async (n) => n)
  // @ts-expect-error no such property of a user
  args.each((each) => each.age)
  // @ts-expect-error a boolean is wanted
  args.either(() => 'yes')
  // @ts-expect-error it may be called with null
  args.maybe((error: Error) => console.log(error.message))
  // @ts-expect-error no such option
  args.options({ onrow: () => {} })
  // @ts-expect-error a row is a user
  args.options({ onRow: (row: number) => console.log(row) })
  // @ts-expect-error a controller is no signal
  args.cancel(1, new AbortController())
  // @ts-expect-error the handlers return numbers
  args.handlers(new Map([['a', (n: number) => `${n}`]]))
  // @ts-expect-error the inner function returns a promise here
  args.twice(async (inner) => inner(1).length)
  // @ts-expect-error a method of what is there returns a promise
  args.give((theirs) => theirs.pay(1).toFixed())
  // @ts-expect-error an array is no stream
  args.upload([user])
  // @ts-expect-error the data is no stream
  args.files([{ name: 'a', data: new Uint8Array(1) }])
  // @ts-expect-error an own object where a function is wanted
  args.give(account)
}

/** Generic code and overloads. */
interface Store<Row> {
  each(visit: (row: Row) => Promise<void>): number
  watch(): (row: Row) => boolean
  on(event: 'row', listener: (id: number) => Promise<void>): () => void
  on(event: 'end', listener: () => Promise<void>): Promise<() => void>
  sort<K extends keyof User>(key: K, compare: (a: User[K], b: User[K]) => Promise<number>): Promise<User[]>
}
export async function useStore<Row>(store: Remote<Store<Row>>, users: Remote<Store<User>>): Promise<void> {
  const rows: Row[] = []
  await store.each((row) => void rows.push(row))
  await users.each((row) => void expectTypeOf(row).toEqualTypeOf<User>())
  expectTypeOf((await users.watch())(user)).toEqualTypeOf<Promise<boolean>>()
  const stop = await users.on('row', (id) => console.log(id.toFixed()))
  expectTypeOf(stop()).toEqualTypeOf<Promise<void>>()
  await users.on('end', () => {})
  // An async method with type parameters keeps its own type.
  await users.sort('id', async (a, b) => a - b)
  // @ts-expect-error so its function is async
  await users.sort('id', (a, b) => a - b)
  // @ts-expect-error no overload takes this
  users.on('row', (id: string) => console.log(id))
  // @ts-expect-error of another type
  ;(await users.watch())(5)
}

// References.
interface Bank {
  open(owner: string): Account
  find(owner: string): Promise<Account | undefined>
  all(): Account[]
  counter(): Counter & ByReference
  pair(): { readonly from: Account; readonly to: Account }
  transfer(from: Account, to: Account, amount: number): void
  each(accounts: readonly Account[]): void
  root(): Tree
  main: Account
}
declare const bank: Remote<Bank>
expectTypeOf(bank.open('a')).toEqualTypeOf<Promise<RemoteReference<Account>>>()
expectTypeOf(bank.find('a')).toEqualTypeOf<Promise<RemoteReference<Account> | undefined>>()
expectTypeOf(bank.all()).toEqualTypeOf<Promise<RemoteReference<Account>[]>>()
expectTypeOf(bank.pair()).toEqualTypeOf<
  Promise<{ readonly from: RemoteReference<Account>; readonly to: RemoteReference<Account> }>
>()
expectTypeOf<keyof RemoteReference<Account>>().toEqualTypeOf<
  'owner' | 'pay' | 'onPaid' | typeof Symbol.dispose | typeof Symbol.asyncDispose
>()
expectTypeOf(ref({ count: () => 1 })).toExtend<Counter & ByReference>()

export async function useReferences(): Promise<void> {
  using account = await bank.open('Ann')
  expectTypeOf(account.pay(1)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(await account.owner).toEqualTypeOf<string>()
  expectTypeOf(account.onPaid((amount) => console.log(amount.toFixed()))).toEqualTypeOf<
    Promise<RemoteFunction<() => void>>
  >()
  expectTypeOf((await bank.counter()).count()).toEqualTypeOf<Promise<number>>()
  await bank.transfer(account, new Account(), 5)
  await bank.each([account, new Account()])
  expectTypeOf(bank.main.pay(1)).toEqualTypeOf<Promise<number>>()

  const root = await bank.root()
  const grandchild = await (await root.child()).child()
  expectTypeOf(grandchild).toEqualTypeOf<RemoteReference<Tree>>()
  expectTypeOf(await root.children()).toEqualTypeOf<RemoteReference<Tree>[]>()
  await root.walk(async (tree) => (await tree.depth) > 5)
  expectTypeOf(await root.rows()).toExtend<RemoteStream<User>>()

  // @ts-expect-error a copy has fields, a reference promises them
  const owner: string = account.owner
  // @ts-expect-error nor is it an Account
  const own: Account = account
  // @ts-expect-error a number is wanted
  account.pay('5')
  // @ts-expect-error no such method
  account.steal()
  // @ts-expect-error the mark is no member
  account._byReference
  // @ts-expect-error it may be undefined
  ;(await bank.find('a')).pay(1)
  // @ts-expect-error a promise is no account: await it
  bank.transfer(bank.open('a'), account, 5)
  // @ts-expect-error a user is no account
  bank.transfer(user, account, 5)
  // @ts-expect-error a tree is none either
  bank.transfer(account, root, 5)
  // @ts-expect-error one of them is none
  bank.each([account, root])
  // @ts-expect-error a reference is read-only
  account.owner = 'Bob'
  // @ts-expect-error a visitor returns a boolean
  root.walk(async (tree) => tree.depth)
  // @ts-expect-error a listener gets a number
  account.onPaid((amount: string) => console.log(amount))
  // @ts-expect-error methods of it return promises
  root.child().child()
  return void [owner, own]
}
