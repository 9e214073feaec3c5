/** `npm run chaos:detection`: how soon callers know that their only server was killed, or that there is none. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { control, RedisRPC, RedisRPCClient, type RedisRPCClientOptions, type Remote } from 'redis-object-rpc'
import { EmbeddedRedis } from 'redis-object-rpc/embedded'
import { serverTable } from '../../lib/wire/keys.ts'
import { freshName } from '../helpers/names.ts'
import { RedisProcess } from '../helpers/redis-process.ts'
import { until } from '../helpers/until.ts'
import { listening, spawnServer, type Work } from './server-process.ts'

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    times: { type: 'string', default: '20' },
    'at-once': { type: 'string', default: '5' },
  },
})
const TIMES = Number(flags.times)
const AT_ONCE = Number(flags['at-once'])
const LONG_MS = 10_000
const NO_SERVER_MS = 10_000
const LOST = ['ERR_SERVER_LOST']
/** A request that nobody has taken waits for a new server, or for there to be none. */
const LOST_OR_UNTAKEN = ['ERR_SERVER_LOST', 'ERR_NO_SERVER']

interface End {
  readonly code: string
  /** From the kill, or from the call where nobody is killed. */
  readonly ms: number
}

/** What one play has at hand: a service of its own, and everything that is closed after it. */
class Play implements AsyncDisposable {
  readonly url: string
  readonly leaseMs: number
  readonly name: string = freshName('detection')
  readonly #folder = mkdtempSync(join(tmpdir(), 'redis-object-rpc-detection-'))
  readonly #closing: (() => unknown)[] = []

  constructor(url: string, leaseMs: number) {
    this.url = url
    this.leaseMs = leaseMs
  }

  /** Starts a server that may not be listening yet. */
  spawn(): ChildProcess {
    const server = spawnServer({ url: this.url, name: this.name, log: this.#log, leaseMs: this.leaseMs })
    this.#closing.push(() => server.kill('SIGKILL'))
    return server
  }

  async serve(): Promise<ChildProcess> {
    const server = this.spawn()
    await listening(server)
    return server
  }

  client(options: RedisRPCClientOptions = {}): Remote<Work> {
    const client = new RedisRPCClient<Work>(this.url, this.name, { timeoutMs: 40_000, onError: () => {}, ...options })
    this.#closing.push(() => control(client).close())
    return client
  }

  sharingClient(): Remote<Work> {
    const rpc = new RedisRPC(this.url)
    this.#closing.push(() => rpc.close())
    return rpc.client<Work>(this.name, { timeoutMs: 40_000, onError: () => {} })
  }

  /** Resolves once a call has begun. */
  begun(): Promise<void> {
    return until(async () => {
      await setTimeout(5)
      return existsSync(this.#log)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closing) await close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #log(): string {
    return join(this.#folder, 'runs')
  }
}

/** How a call ends, from now on. */
async function endOf(call: Promise<unknown>): Promise<End> {
  const began = performance.now()
  const code = await call.then(
    () => 'answered',
    (error: { code?: string }) => error.code ?? String(error),
  )
  return { code, ms: performance.now() - began }
}

async function killed(server: ChildProcess, call: Promise<unknown>): Promise<End> {
  server.kill('SIGKILL')
  return endOf(call)
}

/** One way in which a server dies. */
interface Row {
  readonly name: string
  readonly redis: 'real' | 'embedded'
  readonly leaseMs: number
  readonly times: number
  readonly play: (play: Play) => Promise<End>
  readonly codes: readonly string[]
  /** What the median may be. */
  readonly medianMs: (leaseMs: number) => number
  /** What the first and the last may be. */
  readonly withinMs?: (leaseMs: number) => readonly [number, number]
}

/** A call of 10 s runs; its server is killed at any moment of that. */
async function whileRunning(play: Play, client: Remote<Work>): Promise<End> {
  const server = await play.serve()
  const call = client.long('1')
  call.catch(() => {})
  await play.begun()
  await setTimeout(Math.random() * (LONG_MS - 500))
  return killed(server, call)
}

/** The server is killed within so many ms of the call, before, while or after it is taken. */
async function concurrently(play: Play): Promise<End> {
  const server = await play.serve()
  const call = play.client().long('1')
  call.catch(() => {})
  await setTimeout(Math.random() * 20)
  return killed(server, call)
}

/** A request waits; a server that joins is killed as soon as it is in the table, or a moment later. */
async function whileJoining(play: Play): Promise<End> {
  const call = play.client().long('1')
  call.catch(() => {})
  const server = play.spawn()
  const redis = new Redis(play.url)
  await until(() => redis.exists(serverTable(play.name)))
  redis.disconnect()
  await setTimeout(Math.random() * 10)
  return killed(server, call)
}

async function beforeFirstRenewal(play: Play): Promise<End> {
  const server = await play.serve()
  const call = play.client().long('1')
  call.catch(() => {})
  await play.begun()
  return killed(server, call)
}

/** The entry in the table still has its lease. */
async function clientMadeAfter(play: Play): Promise<End> {
  const server = await play.serve()
  server.kill('SIGKILL')
  return endOf(play.client().long('1'))
}

const toLease = (leaseMs: number): number => leaseMs + 2_000
const toNoServer = (leaseMs: number): number => leaseMs + NO_SERVER_MS + 2_000
const rows: Row[] = []
for (const redis of ['real', 'embedded'] as const) {
  for (const leaseMs of [5_000, 1_000]) {
    const base = { redis, leaseMs, times: TIMES }
    const lost = { ...base, codes: LOST, medianMs: toLease, withinMs: () => [0, leaseMs + 2_500] as const }
    const untaken = { ...base, codes: LOST_OR_UNTAKEN, medianMs: toNoServer }
    rows.push(
      { name: 'killed while a call runs', play: (play) => whileRunning(play, play.client()), ...lost },
      {
        name: 'killed while a call runs, shared connections',
        play: (play) => whileRunning(play, play.sharingClient()),
        ...lost,
      },
      { name: 'killed before its first renewal', play: beforeFirstRenewal, ...lost },
      { name: 'killed within 20 ms of the call', play: concurrently, ...untaken },
      { name: 'killed while it joins, a call waits', play: whileJoining, ...untaken },
      { name: 'killed, then a client is made', play: clientMadeAfter, ...untaken },
    )
  }
}
const atOnce = { redis: 'real', leaseMs: 1_000, codes: ['ERR_NO_SERVER'] } as const
rows.push(
  {
    name: 'no server at all',
    play: (play) => endOf(play.client().long('1')),
    ...atOnce,
    times: 5,
    medianMs: () => NO_SERVER_MS + 500,
    withinMs: () => [NO_SERVER_MS - 500, NO_SERVER_MS + 500],
  },
  {
    name: 'no server at all, noServerTimeoutMs: 0',
    play: async (play) => {
      const client = play.client({ noServerTimeoutMs: 0 })
      await control(client).servers()
      return endOf(client.long('1'))
    },
    ...atOnce,
    times: TIMES,
    medianMs: () => 50,
  },
  {
    name: 'killed and its lease over, noServerTimeoutMs: 0',
    play: async (play) => {
      const server = await play.serve()
      const client = play.client({ noServerTimeoutMs: 0 })
      await client.quick('1')
      server.kill('SIGKILL')
      await setTimeout(play.leaseMs + 200)
      return endOf(client.long('1'))
    },
    ...atOnce,
    times: TIMES,
    medianMs: () => 50,
  },
)

async function played(row: Row, url: string): Promise<End[]> {
  const ends: End[] = []
  let next = 0
  const one = async (): Promise<void> => {
    while (next++ < row.times) {
      await using play = new Play(url, row.leaseMs)
      ends.push(await row.play(play))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return ends.sort((a, b) => a.ms - b.ms)
}

function isKept({ codes, medianMs, withinMs, leaseMs }: Row, ends: readonly End[]): boolean {
  const [low, high] = withinMs?.(leaseMs) ?? [0, Number.POSITIVE_INFINITY]
  const areIn = ends.every(({ code, ms }) => codes.includes(code) && low <= ms && ms <= high)
  return areIn && ends[Math.floor(ends.length / 2)]!.ms <= medianMs(leaseMs)
}

await using real = await RedisProcess.start()
await using embedded = await EmbeddedRedis.start({ port: 0 })
let broken = 0
console.log('| what happens | Redis | lease | times | median | longest | codes |\n|---|---|---|---|---|---|---|')
for (const row of rows.filter(({ name }) => flags.only === undefined || name.includes(flags.only))) {
  const ends = await played(row, row.redis === 'real' ? real.url : embedded.url)
  const codes = [...new Set(ends.map(({ code }) => code))].map(
    (code) => `${ends.filter((end) => end.code === code).length} ${code}`,
  )
  const ms = [ends[Math.floor(ends.length / 2)]!.ms, ends.at(-1)!.ms].map((time) => `${Math.round(time)} ms`)
  const kept = isKept(row, ends)
  if (!kept) broken++
  const cells = [row.name, row.redis, `${row.leaseMs / 1_000} s`, ends.length, ...ms, codes.join(', ')]
  console.log(`| ${cells.join(' | ')} |${kept ? '' : ' BROKEN'}`)
}
console.log(broken === 0 ? 'all kept' : `${broken} broken`)
process.exitCode = broken === 0 ? 0 : 1
