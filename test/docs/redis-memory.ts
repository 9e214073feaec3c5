/**
 * `node --import=tsx test/docs/redis-memory.ts`: what waits in Redis, and how much of its memory that takes. `docs/operations.md` has the figures.
 */
import { Redis } from 'ioredis'
import { control, RedisRPCClient, RedisRPCServer } from 'redis-object-rpc'
import { ReadQueue, WriteQueue, WriteStream } from 'redis-object-rpc/ipc'
import { RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'

const COUNT = 10_000
const ENDS = 50

interface Target {
  run(value: unknown): void
}

await using process = await RedisProcess.start()
const admin = new Redis(process.url)
const version = /redis_version:(\S+)/.exec(await admin.info('server'))?.[1]

/** Bytes that Redis has allocated, its buffers of connections included. */
async function used(): Promise<number> {
  await admin.call('MEMORY', 'PURGE')
  return Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1])
}

/** @returns what one of `count` takes, in bytes */
async function measure(count: number, fill: () => Promise<() => Promise<unknown>>): Promise<number> {
  await admin.flushall()
  const before = await used()
  const empty = await fill()
  const each = Math.round(((await used()) - before) / count)
  await empty()
  return each
}

const values = { 'a number': 7, '1 kB of text': 'x'.repeat(1_000) }
const rows: [what: string, bytes: number][] = []

for (const [what, value] of Object.entries(values)) {
  const bytes = await measure(COUNT, async () => {
    const client = new RedisRPCClient<Target>(process.url, 'calc', { noServerTimeoutMs: Number.POSITIVE_INFINITY })
    const calls = Array.from({ length: COUNT }, () => client.run(value).catch(() => {}))
    await until(async () => (await admin.llen('calc')) === COUNT)
    return async () => {
      await control(client).close()
      await Promise.all(calls)
    }
  })
  rows.push([`a waiting call with ${what}`, bytes])
}

for (const [what, value] of Object.entries(values)) {
  for (const delayMs of [0, 3_600_000]) {
    const bytes = await measure(COUNT, async () => {
      const queue = new WriteQueue(process.url, 'jobs')
      await Promise.all(Array.from({ length: COUNT }, () => queue.publish(value, { delayMs })))
      return () => queue.close()
    })
    rows.push([`a ${delayMs === 0 ? 'waiting' : 'delayed'} task with ${what}`, bytes])
  }
  const events = await measure(COUNT, async () => {
    const stream = new WriteStream(process.url, 'prices')
    await Promise.all(Array.from({ length: COUNT }, () => stream.publish(value)))
    return () => stream.close()
  })
  rows.push([`an event with ${what}`, events])
}

rows.push([
  'an idempotency key with its result, a number',
  await measure(1_000, async () => {
    const server = new RedisRPCServer(process.url, 'calc', { run: (value: unknown) => value })
    await server.start()
    const client = new RedisRPCClient<Target>(process.url, 'calc')
    const keyed = (i: number) => control(client).with({ idempotencyKey: `order-${i}` })
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => keyed(i).run(7)))
    await control(client).close()
    await server.close()
    return async () => {}
  }),
])

rows.push([
  'an idle server, with its connections',
  await measure(ENDS, async () => {
    const servers = Array.from({ length: ENDS }, () => new RedisRPCServer(process.url, 'calc', { run: () => {} }))
    for (const server of servers) await server.start()
    return () => Promise.all(servers.map((server) => server.close()))
  }),
])

rows.push([
  'an idle client, with its connections',
  await measure(ENDS, async () => {
    const server = new RedisRPCServer(process.url, 'calc', { run: () => {} })
    await server.start()
    const clients = Array.from({ length: ENDS }, () => new RedisRPCClient<Target>(process.url, 'calc'))
    for (const client of clients) await client.run(0)
    await server.close()
    return () => Promise.all(clients.map((client) => control(client).close()))
  }),
])

rows.push([
  'an idle reliable worker, with its connections',
  await measure(ENDS, async () => {
    const queues = Array.from({ length: ENDS }, () => new ReadQueue(process.url, 'jobs', { reliable: true }))
    const stop = new AbortController()
    const work = queues.map((queue) => queue.process(async () => {}, { signal: stop.signal }))
    await until(async () => (await admin.zcard('{jobs}:readers')) === ENDS)
    return async () => {
      stop.abort()
      await Promise.all(work)
      await Promise.all(queues.map((queue) => queue.close()))
    }
  }),
])

console.log(`Redis ${version}, 64 bits; ${COUNT} messages, ${ENDS} ends`)
for (const [what, bytes] of rows) console.log(`${String(bytes).padStart(8)} B  ${what}`)
admin.disconnect()
