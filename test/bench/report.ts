import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, cpus, release, totalmem, type } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { ContenderName } from './contenders/index.ts'
import type { Latency } from './load.ts'
import type { CaseResult, Round, Settings } from './measure.ts'
import type { Workload } from './workload.ts'

const RESULTS = new URL('./results/', import.meta.url)

/** Medians over the rounds. A ratio is the median of the ratios of each round, since a round's contenders ran together. */
interface Summary {
  readonly contender: ContenderName
  readonly callsPerSecond: number
  /** Calls a second, to those of `cb`. */
  readonly toCb?: number
  /** Median latency, to that of the workload's base. */
  readonly p50ToBase?: number
  readonly latencyUs?: Latency
  readonly cpuUs: Round['cpuUs']
}

/** The table of a case, for people. */
export function table(result: CaseResult): string {
  const { workload, inFlight, pinned } = result
  const circumstances = [
    workload.about,
    inFlight > 0 && `${inFlight} in flight`,
    inFlight === 1 && (pinned ? 'both ends on one core, Redis on another' : 'not pinned to cores'),
  ]
  const rows = summarise(result).map(({ contender, callsPerSecond, toCb, p50ToBase, latencyUs, cpuUs }) => [
    contender,
    Math.round(callsPerSecond).toLocaleString('en'),
    digits(toCb, 2),
    digits(latencyUs?.p50, 0),
    digits(p50ToBase, 2),
    digits(latencyUs?.p99, 0),
    ...[cpuUs.client, cpuUs.server, cpuUs.redis].map((us) => digits(us, 1)),
  ])
  const heads = [
    '',
    'calls/s',
    'to cb',
    'p50 µs',
    `to ${baseOf(workload)}`,
    'p99 µs',
    'CPU µs: client',
    'server',
    'Redis',
  ]
  const lines = [heads, ...rows].map((cells) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(10) : cell.padStart(heads[column]!.length + 3))).join(''),
  )
  return [`${workload.name}: ${circumstances.filter(Boolean).join(', ')}`, ...lines, ''].join('\n')
}

/** Writes all figures, each round's too, as JSON; returns the file's name. */
export function write(results: readonly CaseResult[], settings: Settings): string {
  const date = new Date().toISOString()
  const report = {
    date,
    versions: versions(results),
    machine: {
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      memoryBytes: totalmem(),
      os: `${type()} ${release()} ${arch()}`,
    },
    rounds: settings.rounds,
    ms: settings.ms,
    runtime: settings.runtime.source ? 'source through tsx' : 'compiled',
    cases: results.map((result) => ({
      workload: result.workload.name,
      inFlight: result.inFlight,
      pinned: result.pinned,
      contenders: summarise(result).map((summary) => ({ ...summary, rounds: result.rounds.get(summary.contender) })),
    })),
  }
  mkdirSync(RESULTS, { recursive: true })
  const file = fileURLToPath(new URL(`${date.replaceAll(':', '-')}.json`, RESULTS))
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
  return file
}

function baseOf(workload: Workload): ContenderName {
  return workload.base ?? 'raw4'
}

function summarise({ workload, rounds, inFlight }: CaseResult): Summary[] {
  const [cb, base] = [rounds.get('cb'), rounds.get(baseOf(workload))]
  return [...rounds].map(([contender, own]) => {
    const client = medianOf(own, (round) => round.cpuUs.client)
    const toCb = cb && medianOf(own, (round, index) => round.callsPerSecond / cb[index]!.callsPerSecond)
    const p50ToBase =
      inFlight === 1 && base
        ? medianOf(own, (round, index) => round.latencyUs!.p50 / base[index]!.latencyUs!.p50)
        : undefined
    const latency = (key: keyof Latency) => medianOf(own, (round) => round.latencyUs?.[key])
    const [p50, p90, p99, max] = [latency('p50'), latency('p90'), latency('p99'), latency('max')]
    return {
      contender,
      callsPerSecond: medianOf(own, (round) => round.callsPerSecond)!,
      ...(toCb !== undefined && { toCb }),
      ...(p50ToBase !== undefined && { p50ToBase }),
      ...(p50 !== undefined && { latencyUs: { p50, p90: p90!, p99: p99!, max: max! } }),
      cpuUs: {
        ...(client !== undefined && { client }),
        server: medianOf(own, (round) => round.cpuUs.server)!,
        redis: medianOf(own, (round) => round.cpuUs.redis)!,
      },
    }
  })
}

/** Undefined if any round lacks the figure. */
function medianOf(rounds: readonly Round[], figure: (round: Round, index: number) => number | undefined) {
  const figures = rounds.map(figure)
  if (figures.includes(undefined)) return undefined
  const sorted = Float64Array.from(figures as number[]).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function digits(value: number | undefined, count: number): string {
  return value === undefined ? '–' : value.toFixed(count)
}

function versions(results: readonly CaseResult[]) {
  const require = createRequire(import.meta.url)
  const version = (file: string): string => JSON.parse(readFileSync(require.resolve(file), 'utf8')).version
  return {
    package: version('../../package.json'),
    commit: commit(),
    node: process.version,
    redis: results[0]?.redisVersion,
    ioredis: version('ioredis/package.json'),
  }
}

/** Undefined outside a git checkout. */
function commit(): string | undefined {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return undefined
  }
}
