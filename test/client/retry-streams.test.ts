import { expect } from 'chai'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { describeLeavingNothing } from '../helpers/leaving-nothing.ts'
import { freshName } from '../helpers/names.ts'
import { rejection } from '../helpers/pair.ts'

async function sum(items: AsyncIterable<number>): Promise<number> {
  let total = 0
  for await (const item of items) total += item
  return total
}

async function* numbers(): AsyncGenerator<number> {
  yield 1
  yield 2
}

describeLeavingNothing('a retried call with a stream', (redis) => {
  it('is refused instead of running with a stream that the first attempt has ended', async () => {
    const name = freshName('service')
    const options = { noServerTimeoutMs: 0, retry: { attempts: 10, delayMs: 50, factor: 1 } }
    const client = new RedisRPCClient<{ sum: typeof sum }>(redis().url, name, options)
    const server = new RedisRPCServer(redis().url, name, { sum })
    try {
      const failed = rejection(client.sum(numbers()))
      // The first attempt has been made.
      await control(client).servers()
      await server.start()
      expect(await failed).to.have.property('code', 'ERR_SERIALIZATION')
      expect(await client.sum(numbers())).to.equal(3)
    } finally {
      await control(client).close()
      await server.close()
    }
  })
})
