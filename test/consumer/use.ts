import { control, MethodNotFoundError, RedisRPCClient, RedisRPCServer, type Remote } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { FunctionServer } from 'redis-object-rpc/functions'
import { ReadQueue } from 'redis-object-rpc/ipc'

class Counter {
  #count = 0
  readonly step = 1
  increment(): number {
    this.#count += this.step
    return this.#count
  }
}

const redis = await EmbeddedRedis.start({ port: 0 })
const server = new RedisRPCServer(redis.url, 'counter', new Counter(), { concurrency: 1 })
await server.start()
const counter: Remote<Counter> = new RedisRPCClient<Counter>(redis.url, 'counter')
const count: number = await counter.increment()
// @ts-expect-error there is no such member
counter.nope
await control(counter).close()
await server.close()
await redis.close()
console.log(count, MethodNotFoundError.name, FunctionServer.name, ReadQueue.name)
