/** What `expose` may name. Checked by the compiler; `test/types/types.test.ts` runs it. */
import { EventEmitter } from 'node:events'
import { type Exposable, RedisRPCServer, type RedisRPCServerOptions } from 'redis-object-rpc'

const url = 'redis://localhost'

class Account extends EventEmitter {
  balance = 5
  readonly rename = (name: string): string => name
  get size(): number {
    return 1
  }
  deposit(sum: number): number {
    return this.balance + sum + this.audit()
  }
  _internal(): void {}
  private audit(): number {
    return 0
  }
}
const account = new Account()

// Methods, fields and accessors.
new RedisRPCServer(url, 'account', account, { expose: ['deposit', 'balance', 'rename', 'size', '_internal'] })
new RedisRPCServer(url, 'static', { add: (a: number) => a, rate: 5 }, { expose: ['add', 'rate'] })
new RedisRPCServer(url, 'account', account, { methods: { deposit: { delivery: 'at-least-once' } } })
// @ts-expect-error there is no method of that name
new RedisRPCServer(url, 'account', account, { methods: { nope: {} } })
// @ts-expect-error there is nothing of that name
new RedisRPCServer(url, 'account', account, { expose: ['nope'] })
// @ts-expect-error among others neither
new RedisRPCServer(url, 'account', account, { expose: ['deposit', 'nope'] })
// @ts-expect-error nor in a plain object
new RedisRPCServer(url, 'static', { add: (a: number) => a }, { expose: ['nope'] })
// @ts-expect-error nor in an empty one
new RedisRPCServer(url, 'static', {}, { expose: ['nope'] })
// @ts-expect-error what an emitter inherits is not the user's to expose
new RedisRPCServer(url, 'account', account, { expose: ['on'] })
// @ts-expect-error a private method is none of the type's
new RedisRPCServer(url, 'account', account, { expose: ['audit'] })
// @ts-expect-error nor is a constructor a method
new RedisRPCServer(url, 'account', account, { expose: ['constructor'] })
// @ts-expect-error the target is an object
new RedisRPCServer(url, 'account', 'text')

// A list made elsewhere has to say which names it has.
const names = ['deposit', 'balance'] as const
new RedisRPCServer(url, 'account', account, { expose: names })
const loose: string[] = ['deposit']
// @ts-expect-error any string may be none of them
new RedisRPCServer(url, 'account', account, { expose: loose })
declare const object: object
new RedisRPCServer(url, 'object', object, { expose: loose })
// biome-ignore lint/suspicious/noExplicitAny: what untyped code has
declare const untyped: any
new RedisRPCServer(url, 'untyped', untyped, { expose: ['whatever'] })

// Options that are shared suit every server; those that expose say of what.
const shared: RedisRPCServerOptions = { concurrency: 5 }
new RedisRPCServer(url, 'account', account, shared)
new RedisRPCServer(url, 'static', { add: () => 1 }, { ...shared, expose: ['add'] })
const own: RedisRPCServerOptions<Exposable<Account>> = { expose: ['deposit'] }
new RedisRPCServer(url, 'account', account, own)
const named: RedisRPCServerOptions<'deposit'> = { expose: ['deposit'] }
new RedisRPCServer(url, 'account', account, named)
// @ts-expect-error of what?
export const bad: RedisRPCServerOptions = { expose: ['deposit'] }
// @ts-expect-error of something else
new RedisRPCServer(url, 'static', { add: () => 1 }, named)
// @ts-expect-error the same
new RedisRPCServer(url, 'static', { add: () => 1 }, own)

// A field that holds any server.
export const servers: RedisRPCServer[] = [new RedisRPCServer(url, 'account', account)]

/** Generic code passes options on. */
export function serve<T extends object>(
  target: T,
  options: RedisRPCServerOptions<NoInfer<Exposable<T>>>,
): RedisRPCServer {
  return new RedisRPCServer(url, 'generic', target, { ...options, concurrency: 1 })
}
serve(account, { expose: ['deposit'] })
// @ts-expect-error not of this target
serve(account, { expose: ['nope'] })
