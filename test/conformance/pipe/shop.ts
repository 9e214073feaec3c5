import { Redis } from 'ioredis'
import { pipe } from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { type Deferred, deferred } from '../../../lib/util/deferred.ts'
import type { RunningRedis } from '../../helpers/backends.ts'
import { closeLeavingNothing, type Pair, startPair } from '../../helpers/pair.ts'

export class Box {
  readonly inside: unknown
  grow(): number {
    return 1
  }
  constructor(inside: unknown) {
    this.inside = inside
  }
}

export class NotForSale extends Error {
  override readonly name = 'NotForSale'
}

export class Shop {
  readonly log: string[] = []
  gate: Deferred<void> = deferred()
  entered: Deferred<void> = deferred()
  cancelled: Deferred<void> = deferred()

  user(id: number): User {
    this.log.push(`user ${id}`)
    return { id, name: `user ${id}`, tags: ['a', 'b'], home: { city: 'Rome', at: [1, 2] as const } }
  }
  async load(id: number): Promise<User> {
    await undefined
    return this.user(id)
  }
  ordersOf(id: number): number[] {
    this.log.push(`orders of ${id}`)
    return [id * 10, id * 10 + 1]
  }
  echo(value: unknown): unknown {
    this.log.push('echo')
    return value
  }
  async wait(value: number): Promise<number> {
    this.log.push(`wait ${value}`)
    callContext()?.signal.addEventListener('abort', () => this.cancelled.resolve())
    this.entered.resolve()
    await this.gate.promise
    return value
  }
  refuse(): never {
    this.log.push('refuse')
    throw new NotForSale('not for sale')
  }
  adder(by: number): Adder {
    return {
      add: (value: number) => by + value,
      twice: (value: number) => async (other: number) => (by + value) * other,
    }
  }
  async apply(call: (value: number) => unknown, value: number): Promise<unknown> {
    return call(value)
  }
  throwZero(): never {
    throw 0
  }
  later(): { promise: Promise<{ name: string }> } {
    return { promise: Promise.resolve({ name: 'later' }) }
  }
  hostile(): object {
    return {
      get trap() {
        throw new Error('an accessor ran')
      },
      method: () => 1,
      box: new Box(1),
      map: new Map([['a', 1]]),
      proxy: new Proxy(
        { a: 1 },
        {
          getOwnPropertyDescriptor() {
            throw new Error('a trap ran')
          },
        },
      ),
      list: Object.assign([1], { extra: 2 }),
      text: 'text',
      nothing: null,
    }
  }
  context(): Record<string, unknown> {
    const context = callContext()
    if (context === undefined) throw new Error('there is no call')
    const { metadata, caller, attempt, deadline, method } = context
    return { metadata, caller, attempt, method, hasDeadline: deadline !== undefined }
  }
  same(a: object, b: object): boolean {
    return a === b
  }
  keep(value: { n: number }): number {
    return value.n
  }
}

interface User {
  id: number
  name: string
  tags: string[]
  home: { city: string; at: readonly [1, 2] }
}

interface Adder {
  add(value: number): number
  twice(value: number): (other: number) => Promise<number>
}

/** What untyped code has. */
export type Untyped = ReturnType<typeof JSON.parse>

/** A shop and a client of it, and a connection that looks on. */
export interface ShopPair {
  readonly redis: () => RunningRedis
  observer: Redis
  pair: Pair<Shop>
  shop: Shop
  /** Runs what the types would not let pass. */
  run(build: (far: Untyped) => unknown): Promise<Untyped>
}

export function shopPair(redis: () => RunningRedis): ShopPair {
  const ends = {
    redis,
    run: (build) => pipe(ends.pair.client as never, build as never),
  } as ShopPair
  before(() => {
    ends.observer = new Redis(redis().url)
  })
  beforeEach(async () => {
    ends.shop = new Shop()
    ends.pair = await startPair(redis(), ends.shop, {
      server: { classes: [Box, NotForSale] },
      client: { classes: [Box, NotForSale] },
    })
  })
  afterEach(() => closeLeavingNothing(ends.pair, redis()))
  after(() => ends.observer?.disconnect())
  return ends
}
