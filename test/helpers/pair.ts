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
