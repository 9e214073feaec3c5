/**
 * The table of a service's servers: a sorted set in which each server has one member.
 *
 * | score | means |
 * |---|---|
 * | later than Redis's clock | the server lives; its lease ends then |
 * | earlier | its lease ran out: it died, hangs, or is cut off |
 * | negative | it closed in good order, at minus that time |
 *
 * A server that renews its lease removes members older than {@link KEPT_MS}, and the set expires
 * when no server renews.
 *
 * @see https://redis.io/docs/latest/commands/zadd/
 */
import { isPermanent, readFailure } from '../../link/redis-failure.ts'
import type { RedisLife } from '../../link/source.ts'

/**
 * How long servers that are gone stay in the table, in ms, so that clients can see what became of
 * them.
 */
const KEPT_MS = 50_000
/** The longest lease, in ms: a joining server waits for silent servers until their leases end. */
export const LONGEST_LEASE_MS = 600_000
/** How many servers one look reads. */
const MOST_SERVERS = 1_000

/** One server in the table. */
export interface TableEntry {
  /** 12 characters. */
  readonly id: string
  readonly leaseMs: number
  /** The life of the Redis it is connected to; empty: unknown. */
  readonly life: string
  /** The `CLIENT ID`s of its connections. */
  readonly connections: readonly number[]
  readonly score: number
}

/** The result of one look at the table. */
export interface TableLook {
  /** Redis's clock at the look, in ms since 1970. */
  readonly now: number
  readonly entries: readonly TableEntry[]
  /** The number of members that are not servers; other software wrote them. */
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

/** Reads a member; undefined if it is not a server. */
function readMember(text: string, score: number): TableEntry | undefined {
  const [, id, leaseMs, life, connections] = MEMBER.exec(text) ?? []
  if (id === undefined || !Number.isFinite(score)) return undefined
  if (Number(leaseMs) > LONGEST_LEASE_MS) return undefined
  const ids = connections === undefined || connections === '' ? [] : connections.split(',').map(Number)
  return { id, leaseMs: Number(leaseMs), life: life as string, connections: ids, score }
}

/** Redis's clock, in ms since 1970; the estimate if TIME is not allowed. */
export async function redisTime(redis: RedisLife, estimate: () => number): Promise<number> {
  try {
    const [seconds, microseconds] = await redis.time()
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000)
  } catch (error) {
    if (!isPermanent(readFailure(error))) throw error
    return Math.round(estimate())
  }
}

/** Reads the table. @param estimate estimates Redis's clock, if TIME is not allowed */
export async function lookAtServers(redis: RedisLife, key: string, estimate: () => number): Promise<TableLook> {
  // One after the other on one connection, so that the time is never later than the look.
  const [now, flat] = await Promise.all([
    redisTime(redis, estimate),
    redis.zrange(key, 0, `${MOST_SERVERS - 1}`, 'WITHSCORES'),
  ])
  return readTable(now, flat)
}

/** The result of a renewal. */
export interface Renewal extends TableLook {
  /** Whether the server's member was still there: the table was not emptied since the last renewal. */
  readonly wasThere: boolean
}

/**
 * Replaces a server's member with one that has a new lease, and then reads the table. Of two
 * servers that join at once, at least one sees the other.
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
  // One transaction: otherwise the table could be emptied in between, and a joining server would
  // greet no one.
  const transaction = redis
    .multi()
    .zadd(key, now + member.leaseMs, text)
    .zremrangebyscore(key, -(now - KEPT_MS), now - KEPT_MS)
    .zrange(key, 0, `${MOST_SERVERS - 1}`, 'WITHSCORES')
  if (old !== text) transaction.zrem(key, old)
  const done = transaction.exec()
  // Not part of the transaction: a user without this permission can still serve, and pushes report
  // the problem.
  redis.pexpire(key, member.leaseMs + KEPT_MS).catch(() => {})
  const [added, , flat, removed] = resultsOf((await done) as [Error | null, unknown][])
  // In another life of Redis the member may come from an older state.
  const wasThere = member.life === before.life && (Number(added) === 0 || Number(removed ?? 0) === 1)
  return { ...readTable(now, flat as unknown[]), wasThere }
}

function resultsOf(results: readonly [error: Error | null, result: unknown][]): unknown[] {
  return results.map(([error, result]) => {
    if (error !== null) throw error
    return result
  })
}

/**
 * Records that a server closes normally. The last one removes the table: no server is left that
 * could say what became of a call.
 * @returns whether no other server is alive
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

/** ioredis returns pairs or one flat list, depending on the protocol version. */
function readTable(now: number, reply: readonly unknown[]): TableLook {
  const flat = reply.flat()
  const entries: TableEntry[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const entry = readMember(String(flat[i]), Number(flat[i + 1]))
    if (entry !== undefined) entries.push(entry)
  }
  return { now, entries, junk: Math.floor(flat.length / 2) - entries.length }
}
