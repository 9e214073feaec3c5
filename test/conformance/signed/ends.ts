import { once } from 'node:events'
import { Redis } from 'ioredis'
import {
  control,
  RedisRPCClient,
  type RedisRPCClientOptions,
  RedisRPCServer,
  type RedisRPCServerOptions,
  type Remote,
  ref,
  type SecretOption,
} from 'redis-object-rpc'
import { callContext } from 'redis-object-rpc/context'
import { type Deferred, deferred } from '../../../lib/util/deferred.ts'
import { checkSecret, Signer } from '../../../lib/wire/signature.ts'
import type { RunningRedis } from '../../helpers/backends.ts'
import { freshName } from '../../helpers/names.ts'
import { expectNothingLent } from '../../helpers/pair.ts'
import { until } from '../../helpers/until.ts'

export const SECRET = 'correct horse battery staple'
export const OLD_SECRET = 'the one that was used before'
export const OTHER_SECRET = 'what somebody else has chosen'

class Counter {
  step(by: number): number {
    return by + 1
  }
}

export class Account {
  theme = 'light'
  readonly runs: unknown[] = []
  gate: Deferred<void> = deferred()
  aborted: Deferred<void> = deferred()

  add(...numbers: number[]): number {
    this.runs.push(numbers)
    return numbers.reduce((sum, each) => sum + each, 0)
  }
  fail(): never {
    throw new RangeError('no such account')
  }
  async wait(): Promise<string> {
    await this.gate.promise
    return 'waited'
  }
  async each(values: number[], callback: (value: number) => unknown): Promise<unknown[]> {
    const results: unknown[] = []
    for (const value of values) results.push(await callback(value))
    return results
  }
  async until(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await once(signal, 'abort')
  }
  async hold(): Promise<void> {
    const signal = callContext()?.signal
    if (signal?.aborted === false) await once(signal, 'abort')
    this.aborted.resolve()
  }
  async *count(to: number): AsyncGenerator<number> {
    for (let n = 1; n <= to; n++) yield n
  }
  async sum(values: AsyncIterable<number>): Promise<number> {
    let sum = 0
    for await (const value of values) sum += value
    return sum
  }
  counter(): Counter {
    return ref(new Counter())
  }
}

/** A call as its client sends it, and the list where it waits for the answer. */
interface Captured {
  readonly client: Remote<Account>
  readonly call: Promise<unknown>
  readonly text: string
  readonly inbox: string
}

/** The ends of one service, with a secret unless a test says otherwise. */
export class Ends {
  readonly redis: () => RunningRedis
  raw!: Redis
  name = ''
  account!: Account
  errors: Error[] = []
  open: { readonly stats?: object; close(): Promise<void> }[] = []
  readonly onError = (error: Error): void => void this.errors.push(error)

  /** Installs the hooks, which close every end; none has lent anything then. */
  constructor(redis: () => RunningRedis) {
    this.redis = redis
    before(() => {
      this.raw = new Redis(redis().url)
    })
    after(() => this.raw.disconnect())
    beforeEach(() => {
      this.name = freshName('signed')
      this.account = new Account()
      this.errors = []
      this.open = []
    })
    afterEach(async () => {
      this.account.gate.resolve()
      for (const each of this.open.reverse()) await each.close()
      expectNothingLent(this.open)
      await this.raw.del(this.name)
    })
  }

  async serve(options: RedisRPCServerOptions = {}, url: string = this.redis().url): Promise<RedisRPCServer> {
    const { name, account, onError } = this
    const server = new RedisRPCServer<object>(url, name, account, { secret: SECRET, onError, ...options })
    this.open.push(server)
    await server.start()
    return server
  }

  connect(
    options: RedisRPCClientOptions = {},
    url: string = this.redis().url,
    secret: SecretOption = { secret: SECRET },
  ): Remote<Account> {
    const { name, onError } = this
    const client = new RedisRPCClient<Account>(url, name, { ...secret, onError, ...options })
    this.open.push(control(client))
    return client
  }

  /** What a client sends to a service that nobody serves yet, and the call that waits for it. */
  async capture(
    begin: (client: Remote<Account>) => Promise<unknown>,
    options: RedisRPCClientOptions = {},
    secret?: SecretOption,
  ): Promise<Captured> {
    const { raw, name, redis } = this
    const client = this.connect({ noServerTimeoutMs: Number.POSITIVE_INFINITY, ...options }, redis().url, secret)
    const call = begin(client)
    await until(() => raw.llen(name))
    const text = (await raw.lpop(name)) as string
    return { client, call, text, inbox: JSON.parse(text).response_queue as string }
  }
}

export function sign(list: string, text: string, secret: string = SECRET): string {
  const [key] = checkSecret({ secret })
  return new Signer([key!]).sign(list, text)
}

export function unsigned(text: string): string {
  return text.replace(/,"signature":"[\w-]{22}"}$/, '}')
}
