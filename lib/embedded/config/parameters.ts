import { formatEventClasses, parseEventClasses, showEventClasses } from '../keyspace/events.ts'
import { parseInteger } from '../text/numbers.ts'
import { KEPT_PARAMETERS } from './kept-parameters.ts'
import {
  fixed,
  guarded,
  integer,
  MAX_LONG,
  MAX_UINT,
  memory,
  oneOf,
  type Parameter,
  parseMemory,
  pinned,
  text,
  yesNo,
} from './parameter-kinds.ts'

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

/** Classes of clients with limits for unread output; `replica` is the new name of `slave`. */
const OUTPUT_GROUPS = ['normal', 'slave', 'pubsub']

const outputLimits: Parameter = {
  ...text('normal 268435456 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60'),
  parse: (given, current) => {
    const words = given.split(' ').filter((word) => word !== '')
    if (words.length % 4 !== 0) {
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

const percentiles: Parameter = {
  ...text('50 99 99.9'),
  parse: (given) => {
    const numbers = given.split(' ').filter((word) => word !== '')
    if (numbers.some((word) => Number.isNaN(Number(word)))) {
      return { problem: 'Invalid latency-tracking-info-percentiles parameters' }
    }
    if (!numbers.every((word) => Number(word) >= 0 && Number(word) <= 100)) {
      return { problem: 'latency-tracking-info-percentiles parameters should sit between [0.0,100.0]' }
    }
    return { value: numbers.map(Number).join(' ') }
  },
}

const alias = (parameters: ReadonlyMap<string, Parameter>, of: string): Parameter => ({
  ...parameters.get(of)!,
  alias: of,
})

const current: Map<string, Parameter> = new Map<string, Parameter>([
  // Parameters that have an effect here.
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
  ['bind', pinned('127.0.0.1')],
  ['port', pinned('0')],
  ['dir', guarded('')],
  ['databases', fixed('16')],
  ['appendfilename', fixed('appendonly.aof')],
  ['appenddirname', fixed('appendonlydir')],
  ['latency-tracking-info-percentiles', percentiles],
  ['latency-tracking', yesNo('yes')],
  ['slowlog-log-slower-than', integer(10000, -1, MAX_LONG)],
  ['slowlog-max-len', integer(128, 0, MAX_LONG)],
  ['latency-monitor-threshold', integer(0, 0, MAX_LONG)],
  ['busy-reply-threshold', integer(5000, 0, MAX_LONG)],
  ['save', savePoints],
  ...KEPT_PARAMETERS,
])

/** Every parameter that CONFIG knows, by name. Parameters without effect store their values. */
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
  ['slave-announce-ip', alias(current, 'replica-announce-ip')],
  ['slave-announce-port', alias(current, 'replica-announce-port')],
  ['slave-ignore-maxmemory', alias(current, 'replica-ignore-maxmemory')],
  ['slave-lazy-flush', alias(current, 'replica-lazy-flush')],
  ['repl-ping-slave-period', alias(current, 'repl-ping-replica-period')],
])
