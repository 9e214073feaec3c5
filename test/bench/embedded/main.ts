/**
 * `npm run bench:embedded`: the embedded server beside a real redis-server, with redis-benchmark as the client. Both answer the
 * same commands in turn, round by round; a figure is the median of the rounds' ratios.
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { watch } from '../harness.ts'
import { startRedis } from '../redis.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const run = promisify(execFile)

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '100000' },
    clients: { type: 'string', default: '50' },
  },
})

/** What is asked, and what has to stand there for it. */
const WORKLOADS: Readonly<Record<string, { readonly command: string[]; readonly fill?: string[] }>> = {
  GET: { command: ['GET', 'bench:string'], fill: ['SET', 'bench:string', 'xxx'] },
  SET: { command: ['SET', 'bench:string', 'xxx'] },
  LPUSH: { command: ['LPUSH', 'bench:list', 'xxx'] },
  RPUSH: { command: ['RPUSH', 'bench:list', 'xxx'] },
  LPOP: { command: ['LPOP', 'bench:list'], fill: ['RPUSH', 'bench:list', ...Array<string>(1_000).fill('xxx')] },
  XADD: { command: ['XADD', 'bench:stream', '*', 'field', 'xxx'] },
}
/** The least part of the real server's throughput, by pipelined commands. */
const TARGETS: Readonly<Record<number, number>> = { 1: 0.4, 16: 0.25 }

execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' })
const real = await startRedis()
const embedded = await startEmbedded()
const servers = { real: real.url, embedded: embedded.url }
const results: { workload: string; pipeline: number; real: number; embedded: number; ratio: number; target: number }[] =
  []

for (const pipeline of Object.keys(TARGETS).map(Number)) {
  console.log(`\n${flags.clients} clients, ${pipeline} pipelined: requests a second, medians of ${flags.rounds} rounds`)
  for (const [workload, { command, fill }] of Object.entries(WORKLOADS)) {
    const rounds: { real: number; embedded: number }[] = []
    for (let round = 0; round < Number(flags.rounds); round++) {
      rounds.push({
        real: await measure(servers.real, pipeline, command, fill),
        embedded: await measure(servers.embedded, pipeline, command, fill),
      })
    }
    const result = {
      workload,
      pipeline,
      real: median(rounds.map((round) => round.real)),
      embedded: median(rounds.map((round) => round.embedded)),
      ratio: median(rounds.map((round) => round.embedded / round.real)),
      target: TARGETS[pipeline] as number,
    }
    results.push(result)
    const numbers = [result.real, result.embedded].map((rate) => Math.round(rate).toLocaleString('en').padStart(12))
    const verdict = result.ratio >= result.target ? 'reached' : 'MISSED'
    console.log(
      `${workload.padEnd(6)} real${numbers[0]}  embedded${numbers[1]}  ratio ${result.ratio.toFixed(2)} (target ${result.target}: ${verdict})`,
    )
  }
}
const folder = new URL('../results/', import.meta.url)
mkdirSync(folder, { recursive: true })
const file = new URL(`embedded-${new Date().toISOString().replaceAll(':', '-')}.json`, folder)
writeFileSync(file, JSON.stringify({ node: process.version, redis: real.version, flags, results }, null, 2))
console.log(`\nall figures: ${fileURLToPath(file)}`)
embedded.stop()
await real.stop()

/** Requests a second of one command, on a server emptied before. */
async function measure(url: string, pipeline: number, command: string[], fill: string[] | undefined): Promise<number> {
  const { port } = new URL(url)
  const cli = (...args: string[]): Promise<unknown> => run('redis-cli', ['-p', port, ...args])
  await cli('FLUSHALL')
  // LPOP takes what is there: as many elements as there are requests.
  const fills = fill?.[0] === 'RPUSH' ? Math.ceil(Number(flags.requests) / 1_000) : 1
  if (fill !== undefined) for (let i = 0; i < fills; i++) await cli(...fill)
  const options = ['-p', port, '-c', flags.clients, '-n', flags.requests, '-P', `${pipeline}`, '--csv']
  const { stdout } = await run('redis-benchmark', [...options, ...command])
  const last = stdout.trim().split('\n').at(-1) ?? ''
  const rate = Number(/^"[^"]*","([\d.]+)"/.exec(last)?.[1])
  if (!(rate > 0)) throw new Error(`redis-benchmark said: ${stdout}`)
  return rate
}

/** The server as its users start it, in a process of its own. */
async function startEmbedded(): Promise<{ url: string; stop(): void }> {
  const main = fileURLToPath(new URL('dist/cli/main.js', `file://${ROOT}`))
  const child = watch(spawn(process.execPath, [main, 'redis', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] }))
  for await (const [line] of lines(child.stdout)) {
    const url = /redis:\/\/[\w.:]+/.exec(line)?.[0]
    if (url !== undefined) return { url, stop: () => child.kill() }
  }
  throw new Error('the embedded server ended before it listened')
}

async function* lines(stream: NodeJS.ReadableStream): AsyncGenerator<[string]> {
  const reader = createInterface(stream)
  for (;;) yield (await once(reader, 'line')) as [string]
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}
