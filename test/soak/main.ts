/** `npm run soak`: a million calls from one process to another; what stays of them in memory, and in Redis a minute later. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { control, RedisRPCClient } from 'redis-object-rpc'
import { freshName } from '../helpers/names.ts'
import { RedisProcess } from '../helpers/redis-process.ts'
import { heapMb } from './heap.ts'

const { values: flags } = parseArgs({ options: { calls: { type: 'string', default: '1000000' } } })
const CALLS = Number(flags.calls)
const IN_FLIGHT = 100
/** Code that is compiled late, and what the process was started with, is no leak. */
const MOST_GROWN_MB = 2
const LEFT_AFTER_MS = 60_000

await using redis = await RedisProcess.start()
const name = freshName('soak')
const child = fork(join(import.meta.dirname, 'server.ts'), [redis.url, name])
await once(child, 'message')
const client = new RedisRPCClient<{ echo(value: object): object }>(redis.url, name)

async function serverHeapMb(): Promise<number> {
  child.send('heap')
  const [mb] = (await once(child, 'message')) as [number]
  return mb
}

async function call(from: number, to: number): Promise<void> {
  let next = from
  const one = async (): Promise<void> => {
    while (next < to) {
      const value = { n: next++, text: 'some text' }
      const got = (await client.echo(value)) as { n?: number }
      if (got.n !== value.n) throw new Error(`${value.n} was answered with ${got.n}`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, one))
}

const began = performance.now()
await call(0, CALLS / 10)
const atTenth = { client: heapMb(), server: await serverHeapMb() }
await call(CALLS / 10, CALLS)
const atEnd = { client: heapMb(), server: await serverHeapMb() }
const seconds = (performance.now() - began) / 1_000
await control(client).close()
child.disconnect()
await once(child, 'exit')
const raw = new Redis(redis.url)
const atClose = await raw.keys('*')
if (atClose.length > 0) await setTimeout(LEFT_AFTER_MS)
const left = await raw.keys('*')
raw.disconnect()

const grown = { client: atEnd.client - atTenth.client, server: atEnd.server - atTenth.server }
const rounded = (heaps: Record<string, number>): string =>
  Object.entries(heaps)
    .map(([end, mb]) => `${end} ${mb.toFixed(1)} MB`)
    .join(', ')
console.log(`${CALLS} calls in ${seconds.toFixed(0)} s`)
console.log(`heap after a tenth: ${rounded(atTenth)}; at the end: ${rounded(atEnd)}`)
console.log(`keys left: ${atClose.length} at once, ${left.length} in the end`)
const isKept = left.length === 0 && Math.max(grown.client, grown.server) <= MOST_GROWN_MB
console.log(isKept ? 'kept' : `BROKEN: ${left.join(' ')}`)
process.exitCode = isKept ? 0 : 1
