import { execFileSync } from 'node:child_process'
import type { ContenderName } from './contenders/index.ts'
import { type Runtime, startWorker, type Worker } from './harness.ts'
import type { Latency, Sample } from './load.ts'
import { type RedisProcess, startRedis } from './redis.ts'
import type { Workload } from './workload.ts'

/** One workload with one number of calls in flight. */
export interface Case {
  readonly workload: Workload
  readonly inFlight: number
  readonly contenders: readonly ContenderName[]
}

export interface Settings {
  readonly rounds: number
  readonly ms: number
  readonly runtime: Runtime
}

/** What one contender did in one round; CPU is per call. */
export interface Round {
  readonly callsPerSecond: number
  readonly latencyUs?: Latency
  readonly cpuUs: { readonly client?: number; readonly server: number; readonly redis: number }
}

export interface CaseResult extends Case {
  readonly redisVersion: string
  /** Whether client and server shared one core and Redis had another. */
  readonly pinned: boolean
  readonly rounds: ReadonlyMap<ContenderName, readonly Round[]>
}

type RunRound = (round: number) => Promise<Round>

/** Runs the rounds of a case, contenders taking turns, so that whatever disturbs the machine disturbs all of them. */
export async function measure(aCase: Case, settings: Settings): Promise<CaseResult> {
  const { workload, inFlight, contenders } = aCase
  const cores = inFlight === 1 ? twoCores() : undefined
  const redis = await startRedis(cores?.redis)
  const workers: Worker[] = []
  const start = async (name: ContenderName) => {
    const worker = await startWorker(name, settings.runtime, cores?.ends)
    workers.push(worker)
    return worker
  }

  const runners = new Map<ContenderName, RunRound>()
  for (const name of contenders) {
    const list = `bench:${process.pid}:${name}`
    const server = await start(name)
    if (workload.backlog !== undefined) {
      runners.set(name, (round) => drainRound(redis, server, workload, `${list}:${round}`))
    } else {
      await server.order('serve', redis.url, list)
      const client = await start(name)
      await client.order('connect', redis.url, list)
      runners.set(name, (round) => callRound(redis, server, client, aCase, settings.ms, round === 0))
    }
  }

  const rounds = new Map<ContenderName, Round[]>(contenders.map((name) => [name, []]))
  for (let round = 0; round < settings.rounds; round++) {
    // Another one begins each time.
    const first = round % contenders.length
    for (const name of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      rounds.get(name)!.push(await runners.get(name)!(round))
    }
  }

  // Clients were started after their servers and go first.
  for (const worker of workers.reverse()) await worker.stop()
  await redis.stop()
  return { ...aCase, redisVersion: redis.version, pinned: cores !== undefined, rounds }
}

async function callRound(
  redis: RedisProcess,
  server: Worker,
  client: Worker,
  aCase: Case,
  ms: number,
  isFirst: boolean,
): Promise<Round> {
  const { workload, inFlight } = aCase
  // Not measured: the first time until the code is compiled, later until the core is awake.
  await client.order('load', workload.name, inFlight, isFirst ? ms : Math.min(100, ms))
  // Nothing is in flight here nor after the load, so these differences belong to the measured calls alone.
  const [serverBefore, redisBefore] = [await server.order('cpuUs'), await redis.cpuUs()]
  const sample = await client.order('load', workload.name, inFlight, ms)
  const [serverAfter, redisAfter] = [await server.order('cpuUs'), await redis.cpuUs()]
  return {
    ...speed(sample),
    cpuUs: {
      client: sample.cpuUs / sample.calls,
      server: (serverAfter - serverBefore) / sample.calls,
      redis: (redisAfter - redisBefore) / sample.calls,
    },
  }
}

async function drainRound(redis: RedisProcess, server: Worker, workload: Workload, list: string): Promise<Round> {
  await server.order('fill', redis.url, list, workload.name)
  const redisBefore = await redis.cpuUs()
  const sample = await server.order('drain', redis.url, list, workload.name)
  const redisAfter = await redis.cpuUs()
  return {
    ...speed(sample),
    cpuUs: { server: sample.cpuUs / sample.calls, redis: (redisAfter - redisBefore) / sample.calls },
  }
}

function speed({ calls, seconds, latencyUs }: Sample): Pick<Round, 'callsPerSecond' | 'latencyUs'> {
  return { callsPerSecond: calls / seconds, ...(latencyUs && { latencyUs }) }
}

/** Two cores this process may use, or undefined where it has one, cannot pin, or Redis is not ours to pin. */
function twoCores(): { ends: number; redis: number } | undefined {
  if (process.env.REDIS_URL !== undefined) return undefined
  let list: string
  try {
    list = execFileSync('taskset', ['-pc', `${process.pid}`], { encoding: 'utf8' })
  } catch {
    return undefined
  }
  // "pid 7's current affinity list: 0-3,8"
  const cores = list
    .slice(list.lastIndexOf(':') + 1)
    .split(',')
    .flatMap((range) => {
      const [from, to = from] = range.split('-').map(Number)
      return Array.from({ length: to! - from! + 1 }, (_, index) => from! + index)
    })
  const [ends, redis] = cores
  return ends === undefined || redis === undefined ? undefined : { ends, redis }
}
