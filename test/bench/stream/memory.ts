/**
 * What a stream of very many rows costs in memory when its reader is slow: at both ends and in Redis. A reader takes 1 ms for every hundred rows.
 * `node --expose-gc --import=tsx test/bench/stream/memory.ts [rows]` needs `redis-server`.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { watch } from '../harness.ts'
import { startRedis } from '../redis.ts'

class Table {
  async *rows(count: number): AsyncGenerator<string> {
    for (let i = 0; i < count; i++) yield `${i}`.padEnd(98, '.')
  }

  memory(): number {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
}

const [role, url = ''] = process.argv.slice(2)
if (role === 'serve') {
  await new RedisRPCServer(url, 'table', new Table()).start()
  process.send?.('ready')
} else {
  const count = Number(role ?? 1_000_000)
  const redis = await startRedis()
  const flags = ['--expose-gc', '--import=tsx']
  const child = watch(fork(import.meta.filename, ['serve', redis.url], { execArgv: flags }))
  await once(child, 'message')
  const client = new RedisRPCClient<Table>(redis.url, 'table')
  const raw = new Redis(redis.url)

  const before = { reader: new Table().memory(), producer: await client.memory() }
  const most = { reader: 0, producer: 0, redis: 0 }
  const look = async (): Promise<void> => {
    for (const key of await raw.keys('*table*rpc*'))
      most.redis = Math.max(most.redis, Number(await raw.memory('USAGE', key)))
  }
  const started = performance.now()
  let read = 0
  for await (const row of client.rows(count)) {
    if (!row.startsWith(`${read}.`)) throw new Error(`row ${read} is ${row}`)
    read++
    if (read % 100 === 0) {
      const until = performance.now() + 1
      while (performance.now() < until);
    }
    if (read % 5_000 === 0) await look()
    if (read % 50_000 !== 0) continue
    most.reader = Math.max(most.reader, new Table().memory() - before.reader)
    most.producer = Math.max(most.producer, (await client.memory()) - before.producer)
  }
  const seconds = (performance.now() - started) / 1_000
  console.log(JSON.stringify({ rows: read, seconds: Math.round(seconds), mostBytes: most }))
  await control(client).close()
  child.kill()
  raw.disconnect()
  await redis.stop()
}
