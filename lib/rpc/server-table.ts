/**
 * The table of a service's servers: a sorted set in which each server has one member.
 *
 * | score | means |
 * |---|---|
 * | later than Redis's clock | the server lives; its lease ends then |
 * | earlier | its lease ran out: it died, hangs, or is cut off |
 * | negative | it closed in good order, at minus that time |
 *
 * Whoever renews a lease removes what is older than {@link KEPT_MS}, and the set expires when nobody renews.
 *
 * @see https://redis.io/docs/latest/commands/zadd/
 */
import { readFailure } from '../link/redis-failure.ts'
import type { RedisLife } from '../link/source.ts'

/** How long servers that are gone stay in the table, so that those who look can see what became of them, in ms. */
const KEPT_MS = 50_000
/** The longest lease, in ms: whoever joins waits for servers that are silent until their leases end. */
export const LONGEST_LEASE_MS = 600_000
/** How many servers one look takes in. */
const MOST_SERVERS = 1_000

/** One server as the table has it. */
export interface TableEntry {
  /** 12 characters. */
  readonly id: string
  readonly leaseMs: number
  /** Which Redis its connections were made to; empty: not known. */
  readonly life: string
  /** What `CLIENT ID` says of its connections. */
  readonly connections: readonly number[]
  readonly score: number
}

/** What one look at the table shows. */
export interface TableLook {
  /** Redis's clock at the look, in ms since 1970. */
  readonly now: number
  readonly entries: readonly TableEntry[]
  /** Members that are no servers; somebody else wrote them. */
  readonly junk: number
}

/** A server's own member. */
export interface TableMember {
  readonly id: string
  readonly leaseMs: number
  readonly life: string
  readonly connections: readonly number[]
}

function memberText({ id, leaseMs, life, connections }: TableMember): string {
  return `${id} ${leaseMs} ${life} ${connections.join(',')}`
}

const MEMBER = /^([\w-]{12}) (\d{1,12}) ([0-9a-f]{0,80}) ((?:\d{1,16},){0,7}\d{1,16}|)$/

/** Reads a member; undefined when it is none of ours. */
function readMember(text: string, score: number): TableEntry | undefined {
  const [, id, leaseMs, life, connections] = MEMBER.exec(text) ?? []
  if (id === undefined || !Number.isFinite(score)) return undefined
  if (Number(leaseMs) > LONGEST_LEASE_MS) return undefined
  const ids = connections === undefined || connections === '' ? [] : connections.split(',').map(Number)
  return { id, leaseMs: Number(leaseMs), life: life ?? '', connections: ids, score }
}

/** Redis's clock, in ms since 1970; where it may not be asked for, what it is taken to be. */
export async function redisTime(redis: RedisLife, estimate: () => number): Promise<number> {
  try {
    const [seconds, microseconds] = await redis.time()
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000)
  } catch (error) {
    const failure = readFailure(error)
    if (failure !== 'refused' && failure !== 'unsupported') throw error
    return Math.round(estimate())
  }
}

/** Looks at the table. @param estimate what Redis's clock is taken to be, where it may not be asked */
export async function lookAtServers(redis: RedisLife, key: string, estimate: () => number): Promise<TableLook> {
  // One after the other on one connection: the time is never later than the look.
  const [now, flat] = await Promise.all([
    redisTime(redis, estimate),
    redis.zrange(key, 0, `${MOST_SERVERS - 1}`, 'WITHSCORES'),
  ])
  return readTable(now, flat)
}

/** What a renewal found. */
export interface Renewal extends TableLook {
  /** Whether the server's member was still there: the table was not emptied since the last renewal. */
  readonly wasThere: boolean
}

/**
 * Writes a server's member with a fresh lease in place of the one it had, and then looks at the table: of two servers that
 * join at once, one at least sees the other.
 * @param before the member to replace
 */
export async function renewLease(
  redis: RedisLife,
  key: string,
  member: TableMember,
  before: TableMember,
  estimate: () => number,
): Promise<Renewal> {
  const now = await redisTime(redis, estimate)
  const text = memberText(member)
  const old = memberText(before)
  // One transaction: between the two the table could be emptied, and then who joins would greet nobody.
  const transaction = redis
    .multi()
    .zadd(key, now + member.leaseMs, text)
    .zremrangebyscore(key, -(now - KEPT_MS), now - KEPT_MS)
    .zrange(key, 0, `${MOST_SERVERS - 1}`, 'WITHSCORES')
  if (old !== text) transaction.zrem(key, old)
  const done = transaction.exec()
  // Not part of it: a user who may not do this can serve, and whoever pushes says so.
  redis.pexpire(key, member.leaseMs + KEPT_MS).catch(() => {})
  const [added, , flat, removed] = resultsOf(await done)
  // With another life of Redis the member may have come back from an older state.
  const wasThere = member.life === before.life && (Number(added) === 0 || Number(removed ?? 0) === 1)
  return { ...readTable(now, flat as unknown[]), wasThere }
}

function resultsOf(results: [error: Error | null, result: unknown][] | null): unknown[] {
  if (results === null) throw new Error('the transaction was discarded')
  return results.map(([error, result]) => {
    if (error !== null) throw error
    return result
  })
}

/**
 * Notes that a server closes in good order. When all have, the table goes: nobody is left who could tell what became of a call.
 * @returns whether no other server lives
 */
export async function leaveTable(
  redis: RedisLife,
  key: string,
  member: TableMember,
  estimate: () => number,
): Promise<boolean> {
  const now = await redisTime(redis, estimate)
  const [, , flat] = await Promise.all([
    redis.zadd(key, -now, memberText(member)),
    redis.pexpire(key, KEPT_MS).catch(() => 0),
    redis.zrange(key, 0, `${MOST_SERVERS - 1}`, 'WITHSCORES'),
  ])
  const { entries } = readTable(now, flat)
  if (entries.every(({ score }) => score < 0)) await redis.del(key)
  return entries.every(({ score }) => score <= now)
}

/** ioredis gives pairs or one flat list, by the version of Redis's protocol. */
function readTable(now: number, reply: readonly unknown[]): TableLook {
  const flat = reply.flat()
  const entries: TableEntry[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const entry = readMember(String(flat[i]), Number(flat[i + 1]))
    if (entry !== undefined) entries.push(entry)
  }
  return { now, entries, junk: Math.floor(flat.length / 2) - entries.length }
}
