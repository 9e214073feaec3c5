import { setTimeout } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { until } from '../helpers/until.ts'
import { SentinelBackend, SettableBackend } from './backends.ts'
import type { Scenario } from './scenario.ts'

const HOUR_MS = 3_600_000
/** How many requests that have run the replica still has on its list. */
const LAG = 500
/** Two servers pop a hundred each while they are being paused. */
const BURST = LAG + 300

function clockSet(name: string, byMs: number): Scenario {
  return {
    name,
    backend: SettableBackend.start,
    mayEnd: ['ERR_TIMEOUT'],
    fault: ({ backend }) => (backend as SettableBackend).setClockBy(byMs),
  }
}

/** The same, and then everybody connects afresh and learns the new time. */
function clockSetAndMeasured(name: string, byMs: number): Scenario {
  return {
    name,
    backend: SettableBackend.start,
    mayEnd: ['ERR_TIMEOUT'],
    fault: async ({ backend, clientSide, serverSide }) => {
      ;(backend as SettableBackend).setClockBy(byMs)
      await setTimeout(300)
      serverSide.cut()
      await setTimeout(300)
      clientSide.cut()
    },
  }
}

export const movedRedis: readonly Scenario[] = [
  {
    name: `failover to a replica that lags ${LAG} requests behind`,
    backend: SentinelBackend.start,
    // The failover may take longer than a lease.
    mayEnd: ['ERR_TIMEOUT'],
    fault: async (stage, tally, client) => {
      const { servers, name } = stage
      const sentinel = stage.backend as SentinelBackend
      const redis = new Redis(sentinel.replica.url).on('error', () => {})
      for (const server of servers) server.kill('SIGSTOP')
      const ids = Array.from({ length: BURST }, (_, n) => `lag-${n}`)
      const calls = ids.map((id) => tally.count(client.quick(id), id))
      await until(async () => (await redis.llen(name)) >= LAG)
      sentinel.stopReplication()
      for (const server of servers) server.kill('SIGCONT')
      await until(async () => {
        await setTimeout(20)
        return stage.runs().size > LAG
      })
      const left = await redis.llen(name)
      if (left < LAG) throw new Error(`the replica lags only ${left} requests behind`)
      redis.disconnect()
      await sentinel.master.signal('SIGKILL')
      await Promise.all(calls)
    },
  },
  clockSet("Redis's clock set an hour ahead", HOUR_MS),
  clockSet("Redis's clock set an hour back", -HOUR_MS),
  clockSetAndMeasured("Redis's clock set an hour ahead, connections cut", HOUR_MS),
  clockSetAndMeasured("Redis's clock set an hour back, connections cut", -HOUR_MS),
]
