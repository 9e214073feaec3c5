import { setTimeout } from 'node:timers/promises'
import type { Judge } from '../helpers/tcp-proxy.ts'
import { lateDeliveries } from './late-deliveries.ts'
import { movedRedis } from './moved-redis.ts'
import { asAdmin, type Scenario } from './scenario.ts'
import type { Stage } from './stage.ts'

/** Cuts one chunk after the other that holds `marker`: after its first byte, and so on; the last one is cut behind its end. */
function cutsWithin(marker: string): Judge {
  const places = [1, 20, 100, 200, -1, 0]
  return (chunk) => {
    const place = chunk.includes(marker) ? places.shift() : undefined
    if (place === undefined) return 'pass'
    return { cutAfter: place > 0 ? Math.min(place, chunk.length) : chunk.length + place }
  }
}

async function refused(stage: Stage, ms: number): Promise<void> {
  const cutting = setInterval(() => {
    stage.clientSide.cut()
    stage.serverSide.cut()
  }, 20)
  await setTimeout(ms)
  clearInterval(cutting)
}

async function redisPaused({ redis }: Stage, ms: number): Promise<void> {
  await redis.signal('SIGSTOP')
  await setTimeout(ms)
  await redis.signal('SIGCONT')
}

export const scenarios: readonly Scenario[] = [
  { name: 'nothing', fault: () => {} },
  { name: 'connections cut at the client', fault: (stage) => stage.clientSide.cut() },
  { name: 'connections cut at the servers', fault: (stage) => stage.serverSide.cut() },
  {
    name: 'connections cut within the bytes of pushed requests',
    fault: ({ clientSide }) => {
      clientSide.toServer = cutsWithin('function_call')
    },
  },
  {
    name: 'connections cut within the bytes of popped requests',
    fault: ({ serverSide }) => {
      serverSide.toClient = cutsWithin('function_call')
    },
  },
  {
    name: 'connections cut within the bytes of pushed replies',
    fault: ({ serverSide }) => {
      serverSide.toServer = cutsWithin('return_value')
    },
  },
  {
    name: 'connections cut within the bytes of popped replies',
    fault: ({ clientSide }) => {
      clientSide.toClient = cutsWithin('return_value')
    },
  },
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
  { name: 'Redis paused for 3 s', fault: (stage) => redisPaused(stage, 3_000) },
  { name: 'Redis paused for 10 s (SIGSTOP)', losesServer: true, fault: (stage) => redisPaused(stage, 10_000) },
  {
    name: 'Redis paused for 10 s (CLIENT PAUSE)',
    losesServer: true,
    fault: ({ redis: { url } }) => asAdmin(url, (redis) => redis.call('CLIENT', 'PAUSE', 10_000, 'ALL')),
  },
  { name: 'FLUSHALL', fault: ({ redis: { url } }) => asAdmin(url, (redis) => redis.flushall()) },
  {
    name: 'CLIENT KILL of every connection',
    fault: ({ redis: { url } }) => asAdmin(url, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal')),
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
  ...lateDeliveries,
  ...movedRedis,
]
