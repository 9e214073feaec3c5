/**
 * `npm run bench:ipc`: the task queue beside a bare ioredis pipeline loop and BullMQ. Each round, each contender publishes and handles
 * tasks, one end after the other, in processes of their own; a ratio is the median of the ratios of each round.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, cpus, release, totalmem, type } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { compile } from '../harness.ts'
import { startRedis } from '../redis.ts'
import type { Sample } from './contender.ts'
import type { QueueContenderName } from './contenders/index.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    tasks: { type: 'string', default: '200000' },
    together: { type: 'string', default: '10,100' },
  },
})
const run = promisify(execFile)
const RESULTS = new URL('../results/', import.meta.url)
const NAMES: readonly QueueContenderName[] = ['bare', 'plain', 'reliable', 'bullmq']
/** BullMQ takes so much longer that it gets fewer tasks. */
const SHARE: Readonly<Record<QueueContenderName, number>> = { bare: 1, plain: 1, reliable: 1, bullmq: 0.1 }

interface Rates {
  /** Tasks a second. */
  readonly published: number
  readonly handled: number
  /** Published and handled, one after the other. */
  readonly both: number
  /** CPU time a task, both ends and Redis. */
  readonly cpuUs: number
}
type Round = Readonly<Record<QueueContenderName, Rates>>

/** What the figures must reach: median over the rounds of one contender's rate to another's. */
const TARGETS: readonly (readonly [of: QueueContenderName, to: QueueContenderName, least: number])[] = [
  ['plain', 'bare', 0.7],
  ['reliable', 'plain', 0.5],
  ['reliable', 'bullmq', 3],
]

compile()
const redis = await startRedis()
const results: { readonly together: number; readonly rounds: Round[] }[] = []
for (const together of flags.together.split(',').map(Number)) {
  const rounds: Round[] = []
  for (let i = 0; i < Number(flags.rounds); i++) {
    const rates: Partial<Record<QueueContenderName, Rates>> = {}
    for (const name of NAMES) rates[name] = await measure(name, together, i)
    rounds.push(rates as Round)
  }
  results.push({ together, rounds })
  console.log(table(together, rounds))
}
await redis.stop()
console.log(`${flags.rounds} rounds of ${flags.tasks} tasks, medians; all figures: ${write()}`)

async function measure(name: QueueContenderName, together: number, round: number): Promise<Rates> {
  const count = Math.round(Number(flags.tasks) * SHARE[name])
  const cpuBefore = await redis.cpuUs()
  const fill = await work(name, 'fill', round, count, together)
  const drain = await work(name, 'drain', round, count, together)
  const redisUs = (await redis.cpuUs()) - cpuBefore
  const each = (sample: Sample) => sample.ms / sample.tasks
  return {
    published: 1_000 / each(fill),
    handled: 1_000 / each(drain),
    both: 1_000 / (each(fill) + each(drain)),
    cpuUs: fill.cpuUs / fill.tasks + drain.cpuUs / drain.tasks + redisUs / count,
  }
}

async function work(
  name: QueueContenderName,
  end: 'fill' | 'drain',
  round: number,
  count: number,
  together: number,
): Promise<Sample> {
  const worker = fileURLToPath(new URL('build/ipc/worker.js', RESULTS))
  const args = [worker, name, end, redis.url, `${name}-${together}-${round}`, String(count), String(together)]
  const { stdout } = await run(process.execPath, args, { timeout: 120_000 })
  return JSON.parse(stdout)
}

function table(together: number, rounds: readonly Round[]): string {
  const number = (value: number) => Math.round(value).toLocaleString('en').padStart(12)
  const lines = NAMES.map((name) => {
    const of = (rate: keyof Rates) => median(rounds.map((round) => round[name][rate]))
    return [
      name.padEnd(10),
      number(of('published')),
      number(of('handled')),
      number(of('both')),
      of('cpuUs').toFixed(1).padStart(12),
    ].join('')
  })
  const ratios = TARGETS.map(([of, to, least]) => {
    const ratio = (rate: keyof Rates) => median(rounds.map((round) => round[of][rate] / round[to][rate])).toFixed(2)
    const [published, handled, both] = [ratio('published'), ratio('handled'), ratio('both')]
    return `${of} to ${to}: published ${published}, handled ${handled}, both ${both} (target ${least})`
  })
  const head = `${together} at a time, tasks a second`.padEnd(34)
  return [
    head,
    `${' '.repeat(10)}${['published', 'handled', 'both', 'CPU µs'].map((text) => text.padStart(12)).join('')}`,
    ...lines,
    ...ratios,
    '',
  ].join('\n')
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

function write(): string {
  const require = createRequire(import.meta.url)
  const version = (name: string) => JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version
  const date = new Date().toISOString()
  const report = {
    date,
    versions: { node: process.version, redis: redis.version, ioredis: version('ioredis'), bullmq: version('bullmq') },
    machine: {
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      memoryBytes: totalmem(),
      os: `${type()} ${release()} ${arch()}`,
    },
    tasks: Number(flags.tasks),
    results,
  }
  mkdirSync(RESULTS, { recursive: true })
  const file = fileURLToPath(new URL(`ipc-${date.replaceAll(':', '-')}.json`, RESULTS))
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`)
  return file
}
