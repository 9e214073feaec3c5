import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'

// Jest and Vitest both have these.
const { test, expect } = globalThis

test('a call, an error and a script', async () => {
  const redis = await EmbeddedRedis.start()
  const target = {
    add: (a, b) => a + b,
    dates: () => new Map([['epoch', new Date(0)]]),
    fail: () => {
      throw new RangeError('no')
    },
  }
  const server = new RedisRPCServer(redis.url, 'calc', target)
  await server.start()
  const calc = new RedisRPCClient(redis.url, 'calc')
  expect(await calc.add(2, 3)).toBe(5)
  expect((await calc.dates()).get('epoch').getTime()).toBe(0)
  await expect(calc.fail()).rejects.toThrow('no')
  const raw = new Redis(redis.url)
  expect(await raw.eval('return 7', 0)).toBe(7)
  raw.disconnect()
  await control(calc).close()
  await server.close()
  await redis.close()
})
