/** A session: an object that keeps its state at the server, on an embedded Redis or on `REDIS_URL`. */
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { Shop } from './shop.ts'

const embedded = process.env.REDIS_URL === undefined ? await EmbeddedRedis.start({ port: 0 }) : undefined
const REDIS_URL = process.env.REDIS_URL ?? (embedded?.url as string)
const server = new RedisRPCServer(REDIS_URL, 'shop', new Shop())
await server.start()
const shop = new RedisRPCClient<Shop>(REDIS_URL, 'shop')

{
  // Each customer has a cart of their own. At the end of the block both are given back, and end at the server.
  using ann = await shop.open('ann')
  using bob = await shop.open('bob')
  await ann.add('tea')
  await bob.add('coffee')
  console.log(`ann has ${await ann.add('milk')} things, bob has ${(await bob.items()).length}`)
  console.log(`ann has ${await shop.order(ann)}`)
}

await control(shop).close()
await server.close()
await embedded?.close()
