import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'

async function main(): Promise<void> {
  const redis = await EmbeddedRedis.start({ port: 0 })
  const server = new RedisRPCServer(redis.url, 'adder', { add: (a: number, b: number) => a + b })
  await server.start()
  const adder = new RedisRPCClient<{ add(a: number, b: number): number }>(redis.url, 'adder')
  const sum: number = await adder.add(1, 2)
  await control(adder).close()
  await server.close()
  await redis.close()
  console.log(sum)
}

void main()
