import { isPermanent, readFailure } from '../link/redis-failure.ts'
import { keyPrefixOf, type RedisLife } from '../link/source.ts'
import { dateNow, elapsedMs } from '../util/timers.ts'
import { newInbox, newServerId, onceRecord, serverList, serverTable } from '../wire/keys.ts'

/** One check of {@link Inspector.health}. */
export interface HealthCheck {
  readonly name: 'version' | 'latency' | 'clock' | 'eviction' | 'memory' | 'connections' | 'rights'
  /** `unknown`: Redis does not say, or this user may not ask. */
  readonly state: 'good' | 'warning' | 'bad' | 'unknown'
  readonly text: string
  /** What to do about it; empty if nothing. */
  readonly advice: string
}

type Info = ReadonlyMap<string, string>

const PINGS = 7
const SLOW_MS = 50
/**
 * Leases last seconds. Hosts use the time of Redis, so this matters only for those that may not ask
 * for it.
 */
const FAR_OFF_MS = 1_000
const FULL = 0.9

/**
 * The permissions that a server and a client of a service need; `docs/operations.md` has the rules
 * of each role.
 * @param prefix the prefix of ioredis, which it adds to the keys of commands, but not to those in
 * ACL DRYRUN
 */
function neededRights(
  service: string,
  prefix: string,
): readonly (readonly [role: string, command: readonly string[]])[] {
  const requests = prefix + service
  const ownList = prefix + serverList(service, newServerId())
  const inbox = prefix + newInbox(service)
  const table = prefix + serverTable(service)
  return [
    ['server', ['BLMPOP', '1', '2', ownList, requests, 'LEFT']],
    ['server', ['RPUSH', inbox, 'x']],
    ['server', ['PEXPIRE', inbox, '1']],
    ['server', ['ZADD', table, '1', 'x']],
    ['server', ['EVAL', 'return 1', '1', prefix + onceRecord(service, 'x')]],
    ['both', ['TIME']],
    ['client', ['RPUSH', requests, 'x']],
    ['client', ['RPUSH', ownList, 'x']],
    ['client', ['BLMPOP', '1', '1', inbox, 'LEFT']],
    ['client', ['LREM', requests, '0', 'x']],
    ['client', ['ZRANGE', table, '0', '1']],
  ]
}

/**
 * Checks whether a Redis is suitable for calls.
 * @param service the service for whose keys permissions are checked
 */
export async function lookAtHealth(redis: RedisLife, service: string): Promise<HealthCheck[]> {
  const info = readInfo(String((await asked(() => redis.call('INFO'))) ?? ''))
  return [
    version(info),
    await latency(redis),
    await clock(redis),
    eviction(info),
    memory(info),
    connections(info),
    await rights(redis, service),
  ]
}

/** Undefined if this user may not ask, or Redis does not know the command. */
async function asked<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (isPermanent(readFailure(error))) return undefined
    throw error
  }
}

function readInfo(text: string): Info {
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const [, name, value] = /^([\w-]+):(.*)$/.exec(line) ?? []
      return name === undefined ? [] : [[name, value ?? '']]
    }),
  )
}

function version(info: Info): HealthCheck {
  const name = 'version'
  const valkey = info.get('valkey_version')
  const number = valkey ?? info.get('redis_version')
  if (number === undefined) return unknown(name, 'INFO is not allowed')
  const text = `${valkey === undefined ? 'Redis' : 'Valkey'} ${number}, ${info.get('redis_mode') ?? 'standalone'}`
  const [major = 0, minor = 0] = number.split('.').map(Number)
  if (major > 6) return good(name, text)
  if (major === 6 && minor >= 2) return warning(name, text, '7.0 or later is faster: it has BLMPOP')
  return { name, state: 'bad', text, advice: 'use Redis 6.2 or later, or Valkey' }
}

async function latency(redis: RedisLife): Promise<HealthCheck> {
  const took: number[] = []
  for (let i = 0; i < PINGS; i++) {
    const began = elapsedMs()
    await redis.ping()
    took.push(elapsedMs() - began)
  }
  const median = took.toSorted((a, b) => a - b)[Math.floor(PINGS / 2)] ?? 0
  const text = `a round trip takes ${median.toFixed(2)} ms (median of ${PINGS})`
  if (median < SLOW_MS) return good('latency', text)
  return warning('latency', text, 'a call needs two of them: move the processes closer to Redis')
}

async function clock(redis: RedisLife): Promise<HealthCheck> {
  const began = dateNow()
  const time = await asked(() => redis.time())
  if (time === undefined) return unknown('clock', 'TIME is not allowed: keep the clocks of your hosts in sync')
  const redisNow = Number(time[0]) * 1_000 + Number(time[1]) / 1_000
  const offset = Math.round(redisNow - (began + dateNow()) / 2)
  const text = `Redis's clock is ${Math.abs(offset)} ms ${offset < 0 ? 'behind' : 'ahead of'} this machine's`
  if (Math.abs(offset) < FAR_OFF_MS) return good('clock', text)
  return warning('clock', text, 'calls go by the clock of Redis, but logs will not agree: use NTP')
}

function eviction(info: Info): HealthCheck {
  const policy = info.get('maxmemory_policy')
  if (policy === undefined) return unknown('eviction', 'Redis does not say what it evicts')
  const isLimited = Number(info.get('maxmemory') ?? 0) > 0
  if (policy === 'noeviction' || !isLimited) return good('eviction', `${policy}${isLimited ? '' : ', no memory limit'}`)
  const advice = 'set maxmemory-policy to noeviction: otherwise Redis drops calls, queues and tables of servers'
  return { name: 'eviction', state: policy.startsWith('allkeys') ? 'bad' : 'warning', text: policy, advice }
}

function memory(info: Info): HealthCheck {
  const used = Number(info.get('used_memory') ?? Number.NaN)
  const most = Number(info.get('maxmemory') ?? 0)
  if (Number.isNaN(used)) return unknown('memory', 'INFO is not allowed')
  const text = `${megabytes(used)} of ${most > 0 ? megabytes(most) : 'no limit'}`
  if (most === 0 || used / most < FULL) return good('memory', text)
  return warning('memory', text, 'raise maxmemory, or find out what waits: when it is full, calls wait')
}

function connections(info: Info): HealthCheck {
  const now = Number(info.get('connected_clients') ?? Number.NaN)
  const most = Number(info.get('maxclients') ?? 0)
  if (Number.isNaN(now)) return unknown('connections', 'INFO is not allowed')
  const text = `${now}${most > 0 ? ` of ${most}` : ''}`
  if (most === 0 || now / most < FULL) return good('connections', text)
  return warning('connections', text, 'raise maxclients, or share connections with RedisRPC')
}

/** @see https://redis.io/docs/latest/commands/acl-dryrun/ */
async function rights(redis: RedisLife, service: string): Promise<HealthCheck> {
  const name = 'rights'
  const user = await asked(() => redis.call('ACL', 'WHOAMI'))
  if (user === undefined) return unknown(name, 'ACL WHOAMI is not allowed')
  const missing = new Set<string>()
  for (const [role, command] of neededRights(service, keyPrefixOf(redis))) {
    const answer = await asked(() => redis.call('ACL', 'DRYRUN', String(user), ...command))
    if (answer === undefined) return unknown(name, 'ACL DRYRUN is not there (Redis 7) or not allowed')
    if (String(answer) !== 'OK') missing.add(`${command[0]} (${role})`)
  }
  if (missing.size === 0) return good(name, `user ${String(user)} may serve and call ${service}`)
  const text = `user ${String(user)} may not: ${[...missing].join(', ')}`
  return warning(name, text, 'compare its rules with docs/operations.md')
}

function good(name: HealthCheck['name'], text: string): HealthCheck {
  return { name, state: 'good', text, advice: '' }
}

function warning(name: HealthCheck['name'], text: string, advice: string): HealthCheck {
  return { name, state: 'warning', text, advice }
}

function unknown(name: HealthCheck['name'], text: string): HealthCheck {
  return { name, state: 'unknown', text, advice: '' }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
