/**
 * What goes on now, from two reports of each server: servers count since they were started, and the
 * difference of two looks is what happened between them.
 */
import { LATENCY_BOUNDS_MS, type LatencyReport, type MethodReport, type ServerReport } from '../inspect/index.ts'

/** What happened between two looks. */
export interface LiveFigures {
  readonly callsPerSecond: number
  readonly errorsPerSecond: number
  /** Half of the calls took no longer; undefined when there was none. */
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
}

interface Look {
  readonly at: number
  readonly reports: ReadonlyMap<string, ServerReport>
}

/** What the calls between two looks took, by bucket, and what their methods say of all their calls. */
interface Durations {
  readonly counts: number[]
  slowestMs: number
  calls: number
  weighted: { p50Ms: number; p99Ms: number }
}

/** One service's figures. */
export class Figures {
  #last: Look | undefined

  /**
   * @param reports of the servers that answered
   * @param at when they were asked, in ms
   * @returns undefined with the first look
   */
  look(reports: readonly ServerReport[], at: number): LiveFigures | undefined {
    const last = this.#last
    this.#last = { at, reports: new Map(reports.map((report) => [report.id, report])) }
    if (last === undefined || at <= last.at) return undefined
    let errors = 0
    const durations: Durations = {
      counts: LATENCY_BOUNDS_MS.map(() => 0).concat(0),
      slowestMs: 0,
      calls: 0,
      weighted: { p50Ms: 0, p99Ms: 0 },
    }
    for (const report of reports) {
      // Of a server that was not met before it is not known when it ran its calls.
      const before = last.reports.get(report.id)
      if (before === undefined) continue
      const known = new Map(Object.entries(before.methods))
      for (const [name, method] of Object.entries(report.methods)) {
        const earlier = known.get(name)
        errors += Math.max(0, method.errors - (earlier?.errors ?? 0))
        addDurations(durations, method, earlier?.latency)
      }
    }
    const seconds = (at - last.at) / 1_000
    return {
      callsPerSecond: durations.calls / seconds,
      errorsPerSecond: errors / seconds,
      p50Ms: quantile(durations, 0.5, durations.weighted.p50Ms),
      p99Ms: quantile(durations, 0.99, durations.weighted.p99Ms),
    }
  }
}

function addDurations(into: Durations, { latency }: MethodReport, before: LatencyReport | undefined): void {
  const calls = latency.count - (before?.count ?? 0)
  if (calls <= 0) return
  into.calls += calls
  into.slowestMs = Math.max(into.slowestMs, latency.maxMs)
  into.weighted.p50Ms += calls * latency.p50Ms
  into.weighted.p99Ms += calls * latency.p99Ms
  let below = 0
  for (const index of into.counts.keys()) {
    const upTo = index < LATENCY_BOUNDS_MS.length ? countUpTo(latency, index) - countUpTo(before, index) : calls
    into.counts[index]! += Math.max(0, upTo - below)
    below = Math.max(below, upTo)
  }
}

function countUpTo(latency: LatencyReport | undefined, bucket: number): number {
  return latency?.buckets[bucket] ?? 0
}

/**
 * The duration that a part of the calls did not exceed, as far as the buckets show. Below the first
 * bound they show nothing.
 */
function quantile({ counts, calls, slowestMs }: Durations, part: number, weighted: number): number | undefined {
  if (calls === 0) return undefined
  const rank = part * calls
  let below = 0
  for (const [index, count] of counts.entries()) {
    if (below + count < rank || count === 0) {
      below += count
      continue
    }
    if (index === 0) return Math.min(weighted / calls, LATENCY_BOUNDS_MS[0]!, slowestMs)
    const from = LATENCY_BOUNDS_MS[index - 1]!
    const to = Math.min(LATENCY_BOUNDS_MS[index] ?? slowestMs, Math.max(slowestMs, from))
    return from + ((to - from) * (rank - below)) / count
  }
  return slowestMs
}
