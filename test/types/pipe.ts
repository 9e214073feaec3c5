/** What the function given to `pipe` may do. Checked by the compiler; `test/types/types.test.ts` runs it. */
import { expectTypeOf } from 'expect-type'
import { control, type Pipeline, pipe, type Remote, type Step } from 'redis-object-rpc'

interface User {
  readonly id: number
  readonly name: string
  readonly tags: string[]
  readonly manager?: User
  readonly home: { readonly city: string; readonly at: readonly [number, number] }
}

class Shop {
  readonly version: string = '1'
  #users: User[] = []
  user(id: number): User | undefined {
    return this.#users[id]
  }
  async load(id: number): Promise<User> {
    return this.#users[id] as User
  }
  ordersOf(id: number, limit?: number): Promise<bigint[]> {
    return Promise.resolve([BigInt(id), BigInt(limit ?? 0)])
  }
  mail(mail: { to: string; parts: string[]; at?: Date }): boolean {
    return mail.to === ''
  }
  sum(...values: number[]): number {
    return values.length
  }
  when(): Date {
    return new Date()
  }
  table(): Map<string, number> {
    return new Map()
  }
  choose(key: string): number
  choose(key: number): string
  choose(key: string | number): string | number {
    return key
  }
  same<V extends string | number>(value: V): V {
    return value
  }
  // biome-ignore lint/suspicious/noExplicitAny: what untyped code has
  loose(): any {
    return 1
  }
  nothing(): void {}
  async *rows(): AsyncGenerator<number, void, undefined> {
    yield 1
  }
  session(): Session {
    return new Session()
  }
  protected hidden(): void {}
  _internal(): void {}
  toString(): string {
    return ''
  }
}

class Session {
  readonly owner: string = ''
  total(of: readonly number[]): Promise<number> {
    return Promise.resolve(of.length)
  }
}

declare const shop: Remote<Shop>

// One step, a tuple, an array, an object: the results come in the same shape.
expectTypeOf(pipe(shop, (far) => far.user(7).name)).toEqualTypeOf<Promise<string>>()
expectTypeOf(pipe(shop, (far) => far.user(7))).toEqualTypeOf<Promise<User | undefined>>()
expectTypeOf(pipe(shop, (far) => far.load(7).home.at[1])).toEqualTypeOf<Promise<number>>()
expectTypeOf(pipe(shop, (far) => far.load(7).tags[0]!)).toEqualTypeOf<Promise<string>>()
expectTypeOf(pipe(shop, (far) => far.load(7).tags.length)).toEqualTypeOf<Promise<number>>()
expectTypeOf(pipe(shop, (far) => far.load(7).manager.name)).toEqualTypeOf<Promise<string>>()
expectTypeOf(pipe(shop, (far) => [far.user(7).id, far.load(7).name])).toEqualTypeOf<Promise<[number, string]>>()
expectTypeOf(pipe(shop, (far) => [1, 2].map((id) => far.load(id)))).toEqualTypeOf<Promise<User[]>>()
expectTypeOf(pipe(shop, (far) => ({ user: far.load(7), sum: far.sum(1) }))).toEqualTypeOf<
  Promise<{ user: User; sum: number }>
>()
expectTypeOf(pipe(shop, (far) => far.nothing())).toEqualTypeOf<Promise<void>>()
expectTypeOf(pipe(shop, (far) => far.loose().x.y(1))).resolves.toBeAny()
expectTypeOf(pipe(shop, (far) => far.choose('a'))).toEqualTypeOf<Promise<number>>()
expectTypeOf(pipe(shop, (far) => far.choose(far.sum(1)))).toEqualTypeOf<Promise<string>>()
expectTypeOf(pipe(shop, (far) => far.same(1))).toEqualTypeOf<Promise<string | number>>()
expectTypeOf(pipe(shop, (far) => far.session().total([1]))).toEqualTypeOf<Promise<number>>()

expectTypeOf(pipe(shop, (far) => far.rows())).resolves.toEqualTypeOf<Awaited<ReturnType<typeof shop.rows>>>()

// Results of steps may be arguments of others, and parts of them.
expectTypeOf(pipe(shop, (far) => far.ordersOf(far.user(7).id, far.sum(1)))).toEqualTypeOf<Promise<bigint[]>>()
void pipe(shop, (far) => far.mail({ to: far.user(7).name, parts: ['a', far.load(7).name] }))
void pipe(shop, (far) => far.mail({ to: 'a', parts: far.load(7).tags, at: far.when() }))
void pipe(shop, (far) => far.sum(1, far.sum(2), far.load(7).id))
void pipe(control(shop).with({ timeoutMs: 5 }), (far) => far.sum(1))
expectTypeOf<Parameters<Pipeline<Shop>['ordersOf']>>().toHaveProperty('length').toEqualTypeOf<1 | 2>()
export function nested(far: Pipeline<Shop>, user: Step<User>): Step<bigint[]> {
  return far.ordersOf(user.id)
}

// @ts-expect-error the far object has no such method
void pipe(shop, (far) => far.nope())
// @ts-expect-error the argument has another type
void pipe(shop, (far) => far.load('7'))
// @ts-expect-error the result of a step has another type than the argument
void pipe(shop, (far) => far.load(far.load(7).name))
// @ts-expect-error an argument is missing
void pipe(shop, (far) => far.load())
// @ts-expect-error one argument too many
void pipe(shop, (far) => far.load(7, 8))
// @ts-expect-error the result has no such property
void pipe(shop, (far) => far.load(7).surname)
// @ts-expect-error a property of the result is no method
void pipe(shop, (far) => far.load(7).name())
// @ts-expect-error a part of an argument has another type
void pipe(shop, (far) => far.mail({ to: far.load(7).id, parts: [] }))
// @ts-expect-error an element of a part of an argument has another type
void pipe(shop, (far) => far.mail({ to: 'a', parts: [far.load(7).id] }))
// @ts-expect-error what the function returns must be steps
void pipe(shop, (far) => [far.load(7), 5])
// @ts-expect-error what the function returns must be a step
void pipe(shop, () => 5)
// @ts-expect-error the function must not be async
void pipe(shop, async (far) => far.load(7))
// @ts-expect-error a step is no promise
void pipe(shop, (far) => far.load(7).then((user) => user))
// @ts-expect-error what the function returns is one level deep
void pipe(shop, (far) => ({ both: [far.load(7), far.sum(1)] }))
// @ts-expect-error methods of arrays do not run here
void pipe(shop, (far) => far.load(7).tags.map((tag) => tag))
// @ts-expect-error a Date has nothing that a step may use
void pipe(shop, (far) => far.when().getTime())
// @ts-expect-error a Map has nothing that a step may use
void pipe(shop, (far) => far.table().get('a'))
// @ts-expect-error a text has nothing that a step may use
void pipe(shop, (far) => far.load(7).name.length)
// @ts-expect-error a stream has nothing that a step may use
void pipe(shop, (far) => far.rows().next())
// @ts-expect-error a tuple has no such element
void pipe(shop, (far) => far.load(7).home.at[2])
// @ts-expect-error a protected method is not there
void pipe(shop, (far) => far.hidden())
// @ts-expect-error names that begin with _ are not exposed
void pipe(shop, (far) => far._internal())
// @ts-expect-error a step is not the value that it stands for
void pipe(shop, (far) => far.sum(far.load(7).id + 1))
// @ts-expect-error no overload takes it
void pipe(shop, (far) => far.choose(true))
// @ts-expect-error it is no client
void pipe(new Shop(), (far) => far.load(7))
// @ts-expect-error the result is awaited as what it is
export const wrong: Promise<number> = pipe(shop, (far) => far.load(7).name)
