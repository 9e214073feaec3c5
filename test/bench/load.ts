import type { Caller } from './contender.ts'
import type { Workload } from './workload.ts'

/** What a client or server saw of one round. */
export interface Sample {
  readonly calls: number
  readonly seconds: number
  /** CPU time of this process. */
  readonly cpuUs: number
  /** Absent where no single call can be timed. */
  readonly latencyUs?: Latency
}

export interface Latency {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** Keeps `inFlight` calls going for `ms`, then waits for the last ones; a wrong answer fails the benchmark. */
export async function load(caller: Caller, workload: Workload, inFlight: number, ms: number): Promise<Sample> {
  const latencies: number[] = []
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + ms
  let started = 0

  const keepCalling = async () => {
    let now = start
    do {
      if (workload.ownTurn) await new Promise((resolve) => setImmediate(resolve))
      const sent = workload.payload(started++)
      const before = performance.now()
      const got = await caller.call(sent)
      now = performance.now()
      latencies.push((now - before) * 1000)
      if (!workload.isAnswer(sent, got)) throw wrongAnswer(sent, got)
    } while (now < end)
  }
  await Promise.all(Array.from({ length: inFlight }, keepCalling))

  const seconds = (performance.now() - start) / 1000
  return { calls: latencies.length, seconds, cpuUs: usedSince(cpu), latencyUs: percentiles(latencies) }
}

export function wrongAnswer(sent: unknown, got: unknown): Error {
  return new Error(`wrong answer: sent ${show(sent)}, got ${show(got)}`)
}

export function usedSince(cpu: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(cpu)
  return user + system
}

function percentiles(values: readonly number[]): Latency {
  const sorted = Float64Array.from(values).sort()
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)]!
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
}

function show(value: unknown): string {
  return `${JSON.stringify(value)}`.slice(0, 80)
}
