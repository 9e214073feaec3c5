import { expect } from 'chai'
import {
  type ByReference,
  control,
  type Middleware,
  type MiddlewareCall,
  type RedisRPCClientOptions,
  type RedisRPCServerOptions,
  type Remote,
  ref,
} from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import type { RunningRedis } from '../helpers/backends.ts'
import { CountingClock } from '../helpers/counting-clock.ts'
import { closeLeavingNothing, type Pair, startPair } from '../helpers/pair.ts'
import { until } from '../helpers/until.ts'

export class Shop {
  theme = 'light'
  runs = 0
  readonly cart = { add: (thing: string) => `added ${thing}` }
  add(a: number, b: number): number {
    this.runs++
    return a + b
  }
  fail(): never {
    this.runs++
    throw new RangeError('sold out')
  }
  seen(): unknown {
    return callContext()?.metadata
  }
  attempt(): unknown {
    return callContext()?.attempt
  }
  release: () => void = () => {}
  hung = 0
  hang(): Promise<void> {
    this.hung++
    return new Promise((resolve) => {
      const { release } = this
      this.release = () => {
        release()
        resolve()
      }
    })
  }
  async *rows(count: number): AsyncGenerator<number> {
    for (let row = 0; row < count; row++) yield row
  }
  async ask(question: (text: string) => string | Promise<string>): Promise<string> {
    return `it said ${await question('why?')}`
  }
  odd(isAsync: boolean): object | Promise<object> {
    const odd = Object.defineProperty({}, Symbol.asyncIterator, {
      get() {
        throw new Error('do not look')
      },
    })
    return isAsync ? Promise.resolve(odd) : odd
  }
  open(): { next(): number } & ByReference {
    let at = 0
    return ref({ next: () => ++at })
  }
}

/** Records what passes. */
export function recorder(log: unknown[], what: (call: MiddlewareCall) => unknown): Middleware {
  return ({ call, next }) => {
    log.push(what(call))
    return next()
  }
}
export const shown = (call: MiddlewareCall): string => `${call.direction} ${call.kind} ${call.access} ${call.method}`

/** The ends of one test, with middleware at each of them. */
export class Ends {
  pair!: Pair<Shop>
  shop!: Shop
  clock!: CountingClock
  readonly redis: () => RunningRedis

  /** Installs the hooks; after each test no timer, no key and nothing lent is left. */
  constructor(redis: () => RunningRedis) {
    this.redis = redis
    beforeEach(() => {
      this.shop = new Shop()
      this.clock = new CountingClock()
    })
    afterEach(async () => {
      await this.close()
      expect(this.clock.pending, 'timers').to.equal(0)
    })
  }

  async start(
    client: readonly Middleware[],
    server: readonly Middleware[] = [],
    options: { client?: RedisRPCClientOptions; server?: RedisRPCServerOptions } = {},
  ): Promise<Remote<Shop>> {
    const names = [
      'add',
      'fail',
      'seen',
      'attempt',
      'hang',
      'rows',
      'ask',
      'open',
      'odd',
      'cart.add',
      'theme',
      'runs',
    ] as const
    const { clock } = this
    this.pair = await startPair(this.redis(), this.shop, {
      client: { clock, use: client, ...options.client },
      server: { clock, use: server, expose: names, writable: ['theme'], ...options.server },
    })
    return this.pair.client
  }

  /** Ends what hangs; resolves once its answers have come, for which nobody waits any more. */
  async releaseLate(): Promise<void> {
    const { server, client } = this.pair
    // Each overtakes nothing: what was called before has begun, if it ever does, and what was answered before has come.
    await control(client).ping()
    await until(() => {
      this.shop.release()
      return server.stats.running === 0
    })
    await control(client).ping()
  }

  close(): Promise<void> {
    return closeLeavingNothing(this.pair, this.redis())
  }
}
