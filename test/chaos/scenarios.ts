import { setTimeout } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Stage } from './stage.ts'

/** One thing that goes wrong in the middle of 60 calls. */
export interface Scenario {
  readonly name: string
  /** @defaultValue 2 */
  readonly servers?: number
  /** A server dies, or is cut off for longer than its lease: some of its calls may end in `ServerLostError`. */
  readonly losesServer?: true
  readonly fault: (stage: Stage) => Promise<void> | void
}

/** A connection past the proxies. */
async function asAdmin(stage: Stage, run: (redis: Redis) => Promise<unknown>): Promise<void> {
  const redis = new Redis(stage.redis.url)
  await run(redis)
  redis.disconnect()
}

/** Cuts the next chunk that goes either way after half of it. */
function withinFrame(stage: Stage): void {
  let cuts = 0
  stage.clientSide.toServer = (chunk) => (chunk.includes('function_call') && cuts++ === 0 ? 'cut' : 'pass')
  let serverCuts = 0
  stage.serverSide.toClient = (chunk) => (chunk.includes('function_call') && serverCuts++ === 0 ? 'cut' : 'pass')
}

async function refused(stage: Stage, ms: number): Promise<void> {
  const cutting = setInterval(() => {
    stage.clientSide.cut()
    stage.serverSide.cut()
  }, 20)
  await setTimeout(ms)
  clearInterval(cutting)
}

export const scenarios: readonly Scenario[] = [
  { name: 'nothing', fault: () => {} },
  { name: 'connections cut at the client', fault: (stage) => stage.clientSide.cut() },
  { name: 'connections cut at the servers', fault: (stage) => stage.serverSide.cut() },
  { name: 'connections cut within a request, at both ends', fault: withinFrame },
  { name: 'half-open connections at the client', fault: (stage) => stage.clientSide.holdPresent() },
  { name: 'half-open connections at the servers', fault: (stage) => stage.serverSide.holdPresent() },
  {
    name: 'network stalled for 10 s at the client',
    fault: async (stage) => {
      stage.clientSide.hold()
      await setTimeout(10_000)
      stage.clientSide.cut()
      stage.clientSide.release()
    },
  },
  { name: 'connections refused for 2 s at both ends', fault: (stage) => refused(stage, 2_000) },
  {
    name: 'Redis restarted empty (SIGTERM)',
    fault: async ({ redis }) => {
      await redis.signal('SIGTERM')
      await redis.start()
    },
  },
  {
    name: 'Redis restarted empty (SIGKILL)',
    fault: async ({ redis }) => {
      await redis.signal('SIGKILL')
      await redis.start()
    },
  },
  {
    name: 'Redis paused for 3 s',
    fault: async ({ redis }) => {
      await redis.signal('SIGSTOP')
      await setTimeout(3_000)
      await redis.signal('SIGCONT')
    },
  },
  { name: 'FLUSHALL', fault: (stage) => asAdmin(stage, (redis) => redis.flushall()) },
  {
    name: 'CLIENT KILL of every connection',
    fault: (stage) => asAdmin(stage, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal')),
  },
  {
    name: 'a server paused for 2 s',
    fault: async ({ servers }) => {
      servers[0]?.kill('SIGSTOP')
      await setTimeout(2_000)
      servers[0]?.kill('SIGCONT')
    },
  },
  {
    name: 'a server paused for 12 s',
    losesServer: true,
    fault: async ({ servers }) => {
      servers[0]?.kill('SIGSTOP')
      await setTimeout(12_000)
      servers[0]?.kill('SIGCONT')
    },
  },
  {
    name: 'a server killed, another lives',
    losesServer: true,
    fault: ({ servers }) => void servers[0]?.kill('SIGKILL'),
  },
  {
    name: 'the only server killed, started again after 1 s',
    servers: 1,
    losesServer: true,
    fault: async (stage) => {
      stage.servers[0]?.kill('SIGKILL')
      await setTimeout(1_000)
      await stage.addServer()
    },
  },
  {
    name: 'a server closes in good order',
    fault: ({ servers }) => void servers[0]?.kill('SIGTERM'),
  },
]
