import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  control,
  type Exposable,
  RedisRPCClient,
  type RedisRPCClientOptions,
  RedisRPCServer,
  type RedisRPCServerOptions,
  type Remote,
  type Settable,
} from 'redis-object-rpc'
import type { RunningRedis } from './backends.ts'
import { freshName } from './names.ts'
import { until } from './until.ts'

/** A server and a client of one service with a name of its own; errors that no caller learns of are kept. */
export interface Pair<T> {
  readonly name: string
  readonly server: RedisRPCServer
  readonly client: Remote<T>
  readonly errors: Error[]
  close(): Promise<void>
}

export async function startPair<T extends object>(
  redis: RunningRedis,
  target: T,
  options: {
    server?: RedisRPCServerOptions<NoInfer<Exposable<T>>, NoInfer<Settable<T>>>
    client?: RedisRPCClientOptions
  } = {},
): Promise<Pair<T>> {
  const name = freshName('service')
  const errors: Error[] = []
  const onError = (error: Error) => void errors.push(error)
  const server = new RedisRPCServer(redis.url, name, target, { onError, ...options.server })
  await server.start()
  const client = new RedisRPCClient<T>(redis.url, name, { onError, ...options.client })
  return {
    name,
    server,
    client,
    errors,
    async close() {
      await control(client).close()
      await server.close()
    },
  }
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  throw new Error(`expected a rejection, got ${String(value)}`)
}

/** Checks that ends which are closed have lent and borrowed nothing any more; some have no such counts. */
export function expectNothingLent(ends: readonly { readonly stats?: object }[]): void {
  const counts = ends.flatMap(({ stats = {} }) => {
    const { lent = 0, borrowed = 0, pending = 0, running = 0 }: Partial<Record<string, number>> = { ...stats }
    return [lent, borrowed, pending, running]
  })
  expect(
    counts.filter((count) => count > 0),
    'lent, borrowed, pending or running',
  ).to.deep.equal([])
}

/** Closes a pair, and checks that neither end has lent or borrowed anything any more, and that no key of the service is left. */
export async function closeLeavingNothing<T extends object>(pair: Pair<T>, redis: RunningRedis): Promise<void> {
  await control(pair.client).close()
  await until(() => pair.server.stats.lent === 0 && pair.server.stats.borrowed === 0)
  await pair.server.close()
  expectNothingLent([control(pair.client), pair.server])
  const admin = new Redis(redis.url)
  const keys = (await admin.keys('*')).filter((key) => key.includes(pair.name))
  admin.disconnect()
  expect(keys, 'no key is left').to.deep.equal([])
}
