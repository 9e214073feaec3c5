/**
 * `npm run overload`: three times as many calls as a server can serve. Those that are served are served in time, and the others are refused
 * soon: by the server when they have waited too long, and by the client when too many wait.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { control, RedisRPCClient } from 'redis-object-rpc'
import { freshName } from '../helpers/names.ts'
import { RedisProcess } from '../helpers/redis-process.ts'

const { values: flags } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } })
const SECONDS = Number(flags.seconds)
const MAX_QUEUE_AGE_MS = 500
const TICK_MS = 20
const MEASURED_MS = 2_000

interface Target {
  work(n: number): Promise<number>
}

interface Row {
  readonly served: number
  readonly refused: number
  readonly others: string
  readonly servedP99: number
  readonly refusedP99: number
}

function percentile99(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0
}

/** How many calls a second it can serve. */
async function capacity(client: Target): Promise<number> {
  let done = 0
  const end = performance.now() + MEASURED_MS
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      await client.work(1)
      done++
    }
  }
  await Promise.all(Array.from({ length: 20 }, one))
  return (done / MEASURED_MS) * 1_000
}

async function overload(client: Target, callsASecond: number): Promise<Row> {
  const served: number[] = []
  const refused: number[] = []
  const others = new Map<string, number>()
  const call = async (): Promise<void> => {
    const began = performance.now()
    const end = await client.work(1).then(
      () => 'served',
      (error: { code?: string }) => error.code ?? String(error),
    )
    const ms = performance.now() - began
    if (end === 'served') served.push(ms)
    else if (end === 'ERR_BUSY') refused.push(ms)
    else others.set(end, (others.get(end) ?? 0) + 1)
  }
  const calls: Promise<void>[] = []
  const began = performance.now()
  for (let now = began; now < began + SECONDS * 1_000; now = performance.now()) {
    const due = ((now - began) / 1_000) * callsASecond
    while (calls.length < due) calls.push(call())
    await setTimeout(TICK_MS)
  }
  await Promise.all(calls)
  return {
    served: served.length,
    refused: refused.length,
    others: [...others].map(([end, count]) => `${count} ${end}`).join(', ') || '0',
    servedP99: percentile99(served),
    refusedP99: percentile99(refused),
  }
}

await using redis = await RedisProcess.start()
let broken = 0
console.log(`maxQueueAgeMs ${MAX_QUEUE_AGE_MS}, three times the capacity for ${SECONDS} s`)
console.log('| maxWaiting | calls/s | served | refused | other ends | p99 of the served | p99 until refused |')
console.log('|---|---|---|---|---|---|---|')
for (const maxWaiting of [Number.POSITIVE_INFINITY, 200]) {
  const name = freshName('overload')
  const child = fork(join(import.meta.dirname, 'server.ts'), [redis.url, name, `${MAX_QUEUE_AGE_MS}`])
  await once(child, 'message')
  const client = new RedisRPCClient<Target>(redis.url, name, { maxWaiting })
  const callsASecond = 3 * (await capacity(client))
  const row = await overload(client, callsASecond)
  const isKept =
    row.others === '0' &&
    row.refused > 0 &&
    row.served > 0 &&
    row.servedP99 <= 2 * MAX_QUEUE_AGE_MS &&
    row.refusedP99 <= 2 * MAX_QUEUE_AGE_MS
  if (!isKept) broken++
  const times = [row.servedP99, row.refusedP99].map((ms) => `${ms.toFixed(0)} ms`)
  const cells = [maxWaiting, callsASecond.toFixed(0), row.served, row.refused, row.others, ...times]
  console.log(`| ${cells.join(' | ')} |${isKept ? '' : ' BROKEN'}`)
  await control(client).close()
  child.disconnect()
  await once(child, 'exit')
}
console.log(broken === 0 ? 'all kept' : `${broken} broken`)
process.exitCode = broken === 0 ? 0 : 1
