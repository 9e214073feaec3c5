import { setImmediate } from 'node:timers/promises'
import { control, RedisRPCClient, RedisRPCServer, RemoteTarget } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'

/**
 * Makes and drops callbacks and objects by reference, collects the garbage, and prints what both ends still hold:
 * `node --expose-gc collect-objects.ts <how many>`.
 */
const count = Number(process.argv[2] ?? 1_000)
const collect = (globalThis as { gc?: () => void }).gc
if (collect === undefined) throw new Error('run it with --expose-gc')

class Thing extends RemoteTarget {
  touch(): number {
    return 1
  }
}

const redis = await EmbeddedRedis.start({ port: 0 })
const service = {
  make: () => new Thing(),
  call: (callback: () => Promise<number>) => callback(),
}
const server = new RedisRPCServer(redis.url, 'things', service)
await server.start()
const client = new RedisRPCClient<object>(redis.url, 'things')
const remote = client as unknown as { make(): Promise<Thing>; call(callback: () => number): Promise<number> }

const BATCH = 500
for (let made = 0; made < count; made += BATCH) {
  await Promise.all(
    Array.from({ length: BATCH }, async (_, n) => {
      await remote.make()
      if ((await remote.call(() => n)) !== n) throw new Error('a callback gave something else')
    }),
  )
}
// Collected objects are given back in a later turn, and the message takes some more.
const giveUpAt = performance.now() + 10_000
const held = () => ({ client: control(client).stats, server: server.stats })
for (let all = held(); performance.now() < giveUpAt; all = held()) {
  if (all.client.lent + all.client.borrowed + all.server.lent + all.server.borrowed === 0) break
  collect()
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}
const { client: atClient, server: atServer } = held()
console.log(
  JSON.stringify({
    client: [atClient.lent, atClient.borrowed],
    server: [atServer.lent, atServer.borrowed],
    calls: atServer.succeeded,
  }),
)
await control(client).close()
await server.close()
await redis.close()
