import type { ClientControl } from '../client/control.ts'
import { isPermanent, readFailure } from '../link/redis-failure.ts'
import { ReadingScript } from '../link/script.ts'
import type { RedisLife } from '../link/source.ts'
import type { ServerReport } from '../rpc/meter/server-report.ts'
import type { ServerInfo } from '../rpc/presence/server-info.ts'
import { redisTime } from '../rpc/presence/server-table.ts'
import { listServices } from '../rpc/presence/service-list.ts'
import { serverTable } from '../wire/keys.ts'
import { LONGEST_END, sentAtEnd } from '../wire/sent-at-end.ts'
import type { LeaseView } from './lease-view.ts'
import { lengthOf } from './lengths.ts'
import type { Run } from './run.ts'

/** A service, as a list of services shows it. */
export interface ServiceView {
  readonly name: string
  /** How many servers are alive. */
  readonly servers: number
  /** How many requests wait in the service's list. */
  readonly waiting: number
  /**
   * How long the oldest request has waited, in ms; undefined: none waits, or it has no timestamp.
   */
  readonly oldestMs: number | undefined
}

/** A service and its servers. */
export interface ServiceDetail extends Omit<ServiceView, 'servers'> {
  /** The live servers that answer. */
  readonly servers: readonly (ServerInfo & {
    /** Its measurements; omitted if it provides none. */
    readonly report?: ServerReport
    /** Left out where the table of servers has none, or is larger than one look. */
    readonly lease?: LeaseView
  })[]
  /**
   * Those that do not answer, and those that ended within the last 50 s: first those whose lease
   * lasts, then the one that ended last.
   */
  readonly absent: readonly LeaseView[]
}

/** How many services are counted at once. */
const LOT = 250

/** All services that have a live server. */
export async function viewServices(run: Run): Promise<ServiceView[]> {
  const names = await run(listServices)
  const views: ServiceView[] = []
  while (views.length < names.length) {
    const lot = names.slice(views.length, views.length + LOT)
    views.push(...(await run((redis, redisNow) => countEach(redis, lot, redisNow))))
  }
  return views
}

async function countEach(
  redis: RedisLife,
  names: readonly string[],
  redisNow: () => number,
): Promise<readonly ServiceView[]> {
  const now = await redisTime(redis, redisNow)
  return Promise.all(
    names.map(async (name) => {
      const [servers, waiting] = await Promise.all([
        lengthOf(redis.zcount(serverTable(name), `(${now}`, '+inf')),
        lengthOf(redis.llen(name)),
      ])
      const oldestMs = waiting === 0 ? undefined : await oldestRequestMs(redis, name, now)
      return { name, servers, waiting, oldestMs }
    }),
  )
}

/** The waiting requests of one service. */
export async function viewWaiting(
  redis: RedisLife,
  name: string,
  redisNow: () => number,
): Promise<Pick<ServiceDetail, 'waiting' | 'oldestMs'>> {
  const [waiting, now] = await Promise.all([lengthOf(redis.llen(name)), redisTime(redis, redisNow)])
  return { waiting, oldestMs: waiting === 0 ? undefined : await oldestRequestMs(redis, name, now) }
}

/** @param now on Redis's clock */
async function oldestRequestMs(redis: RedisLife, name: string, now: number): Promise<number | undefined> {
  const end = await endOfOldest(redis, name)
  const sent = end === null ? undefined : sentAtEnd(end)
  return sent === undefined ? undefined : Math.max(0, now - sent)
}

/** The servers that answer, with their measurements. */
export async function viewServers(
  client: ClientControl<object>,
): Promise<(ServerInfo & { readonly report?: ServerReport })[]> {
  const [servers, reports] = await Promise.all([client.servers(), client.reports()])
  const reportOf = new Map(reports.map((report) => [report.id, report]))
  return servers.map((server) => {
    const report = reportOf.get(server.id)
    return report === undefined ? server : { ...server, report }
  })
}

/** KEYS: list. ARGV: how many characters. Result: the last characters of its first message. */
const end: ReadingScript<string | null> = new ReadingScript(`
local text = redis.call('LINDEX', KEYS[1], 0)
return text and string.sub(text, -ARGV[1])
`)

/**
 * A request may be as large as Redis allows, so a script fetches only its end, if Redis has
 * scripts.
 */
async function endOfOldest(redis: RedisLife, name: string): Promise<string | null> {
  try {
    return await end.run(redis, [name], [LONGEST_END])
  } catch (error) {
    if (isPermanent(readFailure(error))) return redis.lindex(name, 0).catch(() => null)
    throw error
  }
}
