import { formatEventClasses, parseEventClasses, showEventClasses } from './events.ts'
import { parseInteger } from './text/numbers.ts'

type Parsed = { readonly value: string } | { readonly problem: string }

/** A parameter of CONFIG. */
export interface Parameter {
  readonly initial: string
  /** It cannot be set while the server runs. */
  readonly immutable: boolean
  /** The name under which its value is kept, if this is an old name for it. */
  readonly alias?: string
  /** Reads a new value into the form in which it is kept, and shown unless {@link show} makes another of it. */
  parse(text: string, current: string): Parsed
  show?(value: string): string
}

const MAX_INT = 2 ** 31 - 1
const MAX_UINT = 2 ** 32 - 1
const MAX_LONG = 2 ** 63

const text = (initial = ''): Parameter => ({ initial, immutable: false, parse: (value) => ({ value }) })
const fixed = (initial: string): Parameter => ({ ...text(initial), immutable: true })

function integer(initial: number, min = 0, max = MAX_INT): Parameter {
  return {
    initial: String(initial),
    immutable: false,
    parse: (given) => {
      const value = parseInteger(given)
      if (value === undefined) return { problem: "argument couldn't be parsed into an integer" }
      return within(value, min, max)
    },
  }
}

function within(value: number, min: number, max: number): Parsed {
  if (value >= min && value <= max) return { value: String(value) }
  return { problem: `argument must be between ${min} and ${max === MAX_LONG ? '9223372036854775807' : max} inclusive` }
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
}

/** Reads a size such as `64mb`; `undefined` if it is none. */
export function parseMemory(given: string): number | undefined {
  const [, digits, unit] = /^([0-9]+)([a-z]*)$/i.exec(given) ?? []
  const factor = UNITS[unit?.toLowerCase() ?? '?']
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor
}

function memory(initial: number, min = 0): Parameter {
  return {
    initial: String(initial),
    immutable: false,
    parse: (given) => {
      const value = parseMemory(given)
      return value === undefined ? { problem: 'argument must be a memory value' } : within(value, min, MAX_LONG)
    },
  }
}

function yesNo(initial: 'yes' | 'no'): Parameter {
  return {
    initial,
    immutable: false,
    parse: (given) => {
      const value = given.toLowerCase()
      return value === 'yes' || value === 'no' ? { value } : { problem: "argument must be 'yes' or 'no'" }
    },
  }
}

function oneOf(initial: string, ...allowed: readonly string[]): Parameter {
  return {
    initial,
    immutable: false,
    parse: (given) => {
      const value = given.toLowerCase()
      if (allowed.includes(value)) return { value }
      return { problem: `argument(s) must be one of the following: ${allowed.join(', ')}` }
    },
  }
}

const events: Parameter = {
  ...text(),
  parse: (given) => {
    const bits = parseEventClasses(given)
    if (bits === undefined) return { problem: "Invalid event class character. Use 'Ag$lshzxeKEtmdn'." }
    return { value: formatEventClasses(bits) }
  },
  show: showEventClasses,
}

const savePoints: Parameter = {
  ...text(),
  parse: (given) => {
    const numbers = given.split(' ').filter((word) => word !== '')
    const valid = numbers.every((word, i) => (parseInteger(word) ?? -1) >= (i % 2 === 0 ? 1 : 0))
    return valid && numbers.length % 2 === 0 ? { value: numbers.join(' ') } : { problem: 'Invalid save parameters' }
  },
}

/** Groups of clients by how much unread output they may have; `replica` is the new name of `slave`. */
const OUTPUT_GROUPS = ['normal', 'slave', 'pubsub']

const outputLimits: Parameter = {
  ...text('normal 268435456 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60'),
  parse: (given, current) => {
    const words = given.split(' ').filter((word) => word !== '')
    if (words.length === 0 || words.length % 4 !== 0) {
      return { problem: 'Wrong number of arguments in buffer limit configuration.' }
    }
    const limits = current.split(' ')
    for (let i = 0; i < words.length; i += 4) {
      const group = words[i]!.toLowerCase() === 'replica' ? 'slave' : words[i]!.toLowerCase()
      if (!OUTPUT_GROUPS.includes(group))
        return { problem: 'Invalid client class specified in buffer limit configuration.' }
      const [hard, soft, seconds] = [
        parseMemory(words[i + 1]!),
        parseMemory(words[i + 2]!),
        parseInteger(words[i + 3]!),
      ]
      if (hard === undefined || soft === undefined || seconds === undefined || seconds < 0) {
        return { problem: 'Error in hard, soft or soft_seconds setting in buffer limit configuration.' }
      }
      limits.splice(limits.indexOf(group) + 1, 3, String(hard), String(soft), String(seconds))
    }
    return { value: limits.join(' ') }
  },
}

const alias = (parameters: ReadonlyMap<string, Parameter>, of: string): Parameter => ({
  ...parameters.get(of)!,
  alias: of,
})

const current: Map<string, Parameter> = new Map<string, Parameter>([
  // Meant here.
  ['notify-keyspace-events', events],
  ['requirepass', text()],
  ['maxclients', integer(10000, 1, MAX_UINT)],
  ['timeout', integer(0)],
  ['tcp-keepalive', integer(300)],
  ['protected-mode', yesNo('yes')],
  ['proto-max-bulk-len', memory(512 * 1024 * 1024, 1024 * 1024)],
  ['client-query-buffer-limit', memory(1024 * 1024 * 1024, 1024 * 1024)],
  ['client-output-buffer-limit', outputLimits],
  ['hash-max-listpack-entries', integer(512, 0, MAX_LONG)],
  ['hash-max-listpack-value', memory(64)],
  ['zset-max-listpack-entries', integer(128, 0, MAX_LONG)],
  ['zset-max-listpack-value', memory(64)],
  ['set-max-intset-entries', integer(512, 0, MAX_LONG)],
  ['stream-node-max-bytes', memory(4096)],
  ['stream-node-max-entries', integer(100, 0, MAX_LONG)],
  ['appendonly', yesNo('no')],
  ['appendfsync', oneOf('everysec', 'everysec', 'always', 'no')],
  ['auto-aof-rewrite-percentage', integer(100)],
  ['auto-aof-rewrite-min-size', memory(64 * 1024 * 1024)],
  ['aof-load-truncated', yesNo('yes')],
  ['bind', fixed('127.0.0.1')],
  ['port', fixed('0')],
  ['dir', fixed('')],
  ['databases', fixed('16')],
  ['appendfilename', fixed('appendonly.aof')],
  ['appenddirname', fixed('appendonlydir')],
  // Kept, so that what sets them up for a Redis runs here as well.
  ['save', savePoints],
  ['loglevel', oneOf('notice', 'debug', 'verbose', 'notice', 'warning')],
  ['list-max-listpack-size', integer(-2, -MAX_INT - 1)],
  ['list-compress-depth', integer(0)],
  ['hll-sparse-max-bytes', memory(3000)],
  ['maxmemory', memory(0)],
  [
    'maxmemory-policy',
    oneOf(
      'noeviction',
      'volatile-lru',
      'volatile-lfu',
      'volatile-random',
      'volatile-ttl',
      'allkeys-lru',
      'allkeys-lfu',
      'allkeys-random',
      'noeviction',
    ),
  ],
  ['maxmemory-samples', integer(5, 1)],
  ['maxmemory-clients', memory(0)],
  ['maxmemory-eviction-tenacity', integer(10, 0, 100)],
  ['lazyfree-lazy-eviction', yesNo('no')],
  ['lazyfree-lazy-expire', yesNo('no')],
  ['lazyfree-lazy-server-del', yesNo('no')],
  ['lazyfree-lazy-user-del', yesNo('no')],
  ['lazyfree-lazy-user-flush', yesNo('no')],
  ['lfu-log-factor', integer(10)],
  ['lfu-decay-time', integer(1)],
  ['slowlog-log-slower-than', integer(10000, -1, MAX_LONG)],
  ['slowlog-max-len', integer(128, 0, MAX_LONG)],
  ['latency-monitor-threshold', integer(0, 0, MAX_LONG)],
  ['latency-tracking', yesNo('yes')],
  ['busy-reply-threshold', integer(5000, 0, MAX_LONG)],
  ['hz', integer(10)],
  ['dynamic-hz', yesNo('yes')],
  ['active-expire-effort', integer(1, 1, 10)],
  ['activerehashing', yesNo('yes')],
  ['activedefrag', yesNo('no')],
  ['jemalloc-bg-thread', yesNo('yes')],
  ['stop-writes-on-bgsave-error', yesNo('yes')],
  ['rdbcompression', yesNo('yes')],
  ['rdbchecksum', fixed('yes')],
  ['dbfilename', fixed('dump.rdb')],
  ['no-appendfsync-on-rewrite', yesNo('no')],
  ['aof-use-rdb-preamble', yesNo('yes')],
  ['aof-rewrite-incremental-fsync', yesNo('yes')],
  ['acllog-max-len', integer(128, 0, MAX_LONG)],
  ['tracking-table-max-keys', integer(1000000, 0, MAX_LONG)],
  ['repl-timeout', integer(60, 1)],
  ['repl-backlog-size', memory(1024 * 1024, 1)],
  ['repl-diskless-sync', yesNo('yes')],
  ['min-replicas-to-write', integer(0)],
  ['min-replicas-max-lag', integer(10)],
  ['replica-read-only', yesNo('yes')],
  ['replica-serve-stale-data', yesNo('yes')],
  ['replica-priority', integer(100)],
  ['replicaof', fixed('')],
  ['cluster-enabled', fixed('no')],
  ['daemonize', fixed('no')],
  ['io-threads', fixed('1')],
  ['logfile', fixed('')],
  ['pidfile', fixed('')],
  ['unixsocket', fixed('')],
  ['tcp-backlog', fixed('511')],
])

/** Every parameter that CONFIG knows, by name. Those that mean nothing here keep what they are set to. */
export const PARAMETERS: ReadonlyMap<string, Parameter> = new Map([
  ...current,
  ['lua-time-limit', alias(current, 'busy-reply-threshold')],
  ['hash-max-ziplist-entries', alias(current, 'hash-max-listpack-entries')],
  ['hash-max-ziplist-value', alias(current, 'hash-max-listpack-value')],
  ['zset-max-ziplist-entries', alias(current, 'zset-max-listpack-entries')],
  ['zset-max-ziplist-value', alias(current, 'zset-max-listpack-value')],
  ['list-max-ziplist-size', alias(current, 'list-max-listpack-size')],
  ['min-slaves-to-write', alias(current, 'min-replicas-to-write')],
  ['min-slaves-max-lag', alias(current, 'min-replicas-max-lag')],
  ['slaveof', alias(current, 'replicaof')],
  ['slave-read-only', alias(current, 'replica-read-only')],
  ['slave-serve-stale-data', alias(current, 'replica-serve-stale-data')],
  ['slave-priority', alias(current, 'replica-priority')],
])
