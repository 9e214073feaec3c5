/** One end of one contender, in a process of its own; does what `harness.ts` orders. */
import type { Redis } from 'ioredis'
import { drain, fill } from './backlog/drain.ts'
import type { Caller, Closable } from './contender.ts'
import { open } from './contenders/bare.ts'
import { type ContenderName, contenders } from './contenders/index.ts'
import { load, type Sample } from './load.ts'
import { workloads } from './workload.ts'

/** The order the parent process sends, by name. */
export interface Orders {
  serve(url: string, list: string): Promise<void>
  connect(url: string, list: string): Promise<void>
  load(workload: string, inFlight: number, ms: number): Promise<Sample>
  fill(url: string, list: string, workload: string): Promise<void>
  drain(url: string, list: string, workload: string): Promise<Sample>
  /** CPU time this process has used. */
  cpuUs(): Promise<number>
  close(): Promise<void>
}

export type Answer = { readonly done: unknown } | { readonly failed: string }

const contender = await contenders[process.argv[2] as ContenderName].load()
const opened: Closable[] = []
let caller: Caller | undefined

const orders: Orders = {
  async serve(url, list) {
    opened.push(await contender.serve(url, list, { echo: (value) => value }))
  },
  async connect(url, list) {
    caller = await contender.connect(url, list)
    opened.push(caller)
  },
  load: (workload, inFlight, ms) => load(caller!, named(workload), inFlight, ms),
  fill: (url, list, workload) => withRedis(url, (redis) => fill(contender, redis, list, named(workload))),
  drain: (url, list, workload) => withRedis(url, (redis) => drain(contender, redis, url, list, named(workload))),
  async cpuUs() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  async close() {
    for (const end of opened.splice(0).reverse()) await end.close()
  },
}

async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = await open(url)
  try {
    return await use(redis)
  } finally {
    redis.disconnect()
  }
}

function named(workload: string) {
  return workloads.find(({ name }) => name === workload)!
}

const answer = (message: Answer) => void process.send?.(message)
process.on('message', ([order, ...args]: [keyof Orders, ...unknown[]]) => {
  const run = orders[order] as (...args: unknown[]) => Promise<unknown>
  run(...args).then(
    (done) => answer({ done }),
    (error: unknown) => answer({ failed: error instanceof Error ? `${error.stack}` : String(error) }),
  )
})
// Also when the parent dies: nothing stays behind.
process.on('disconnect', () => process.exit())
answer({ done: 'ready' })
