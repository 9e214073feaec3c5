import {
  fixed,
  guarded,
  integer,
  MAX_INT,
  MAX_LONG,
  memory,
  oneOf,
  type Parameter,
  parseMemory,
  pinned,
  text,
  yesNo,
} from './parameter-kinds.ts'

const memoryOrPercent: Parameter = {
  ...text('0'),
  parse: (given) => {
    const percent = /^([0-9]+)%$/.exec(given)?.[1]
    if (percent !== undefined) {
      return Number(percent) > 100
        ? { problem: 'percentage argument must be less or equal to 100' }
        : { value: `${Number(percent)}%` }
    }
    const value = parseMemory(given)
    return value === undefined ? { problem: 'argument must be a memory or percent value' } : { value: String(value) }
  },
}

/** Redis uses the nearest value that it supports. */
const frequency: Parameter = {
  ...integer(10),
  parse: (given, current) => {
    const parsed = integer(10).parse(given, current)
    return 'problem' in parsed ? parsed : { value: String(Math.min(Math.max(1, Number(parsed.value)), 500)) }
  },
}

const defragmentation: Parameter = {
  ...yesNo('no'),
  parse: (given, current) => {
    const parsed = yesNo('no').parse(given, current)
    if ('problem' in parsed || parsed.value === 'no') return parsed
    return {
      problem:
        'Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc like the one shipped by default with the Redis source distribution',
    }
  },
}

const threeNumbers: Parameter = {
  ...text('0 200 800'),
  parse: (given) => {
    const words = given.split(' ').filter((word) => word !== '')
    if (words.length !== 3) return { problem: 'wrong number of arguments' }
    const numbers = words.map(Number)
    if (!numbers.every((value) => Number.isInteger(value) && Math.abs(value) <= 2000)) {
      return { problem: 'Invalid oom-score-adj-values, elements must be between -2000 and 2000.' }
    }
    return { value: numbers.join(' ') }
  },
}

/**
 * Parameters without effect here. Their values are stored, so that a setup written for Redis works
 * here as well.
 */
export const KEPT_PARAMETERS: readonly (readonly [name: string, parameter: Parameter])[] = [
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
  ['maxmemory-clients', memoryOrPercent],
  ['maxmemory-eviction-tenacity', integer(10, 0, 100)],
  ['lazyfree-lazy-eviction', yesNo('no')],
  ['lazyfree-lazy-expire', yesNo('no')],
  ['lazyfree-lazy-server-del', yesNo('no')],
  ['lazyfree-lazy-user-del', yesNo('no')],
  ['lazyfree-lazy-user-flush', yesNo('no')],
  ['lfu-log-factor', integer(10)],
  ['lfu-decay-time', integer(1)],
  ['hz', frequency],
  ['dynamic-hz', yesNo('yes')],
  ['active-expire-effort', integer(1, 1, 10)],
  ['activerehashing', yesNo('yes')],
  ['activedefrag', defragmentation],
  ['jemalloc-bg-thread', yesNo('yes')],
  ['stop-writes-on-bgsave-error', yesNo('yes')],
  ['rdbcompression', yesNo('yes')],
  ['rdbchecksum', fixed('yes')],
  ['dbfilename', guarded('dump.rdb')],
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
  ['io-threads', fixed('1')],
  ['logfile', fixed('')],
  ['pidfile', fixed('')],
  ['unixsocket', fixed('')],
  ['tcp-backlog', fixed('511')],
  ['acl-pubsub-default', oneOf('resetchannels', 'allchannels', 'resetchannels')],
  ['replica-announce-ip', text()],
  ['replica-announce-port', integer(0, 0, 65535)],
  ['replica-announced', yesNo('yes')],
  ['replica-ignore-maxmemory', yesNo('yes')],
  ['replica-ignore-disk-write-errors', yesNo('no')],
  ['replica-lazy-flush', yesNo('no')],
  ['repl-disable-tcp-nodelay', yesNo('no')],
  ['repl-diskless-load', oneOf('disabled', 'disabled', 'on-empty-db', 'swapdb')],
  ['repl-diskless-sync-delay', integer(5)],
  ['repl-diskless-sync-max-replicas', integer(0)],
  ['repl-ping-replica-period', integer(10, 1)],
  ['repl-backlog-ttl', integer(3600, 0, MAX_LONG)],
  ['masterauth', text()],
  ['masteruser', text()],
  ['propagation-error-behavior', oneOf('ignore', 'ignore', 'panic', 'panic-on-replicas')],
  ['aof-disable-auto-gc', yesNo('no')],
  ['aof-timestamp-enabled', yesNo('no')],
  ['rdb-del-sync-files', yesNo('no')],
  ['rdb-save-incremental-fsync', yesNo('yes')],
  ['sanitize-dump-payload', oneOf('no', 'no', 'yes', 'clients')],
  ['active-defrag-cycle-max', integer(25, 1, 99)],
  ['active-defrag-cycle-min', integer(1, 1, 99)],
  ['active-defrag-ignore-bytes', memory(104857600, 1)],
  ['active-defrag-max-scan-fields', integer(1000, 1, MAX_LONG)],
  ['active-defrag-threshold-lower', integer(10, 0, 1000)],
  ['active-defrag-threshold-upper', integer(100, 0, 1000)],
  ['crash-log-enabled', yesNo('yes')],
  ['crash-memcheck-enabled', yesNo('yes')],
  ['proc-title-template', text('{title} {listen-addr} {server-mode}')],
  ['shutdown-timeout', integer(10)],
  ['socket-mark-id', fixed('0')],
  ['bind-source-addr', text()],
  ['oom-score-adj', oneOf('no', 'no', 'yes', 'relative', 'absolute')],
  ['oom-score-adj-values', threeNumbers],
  ['cluster-allow-reads-when-down', yesNo('no')],
  ['cluster-node-timeout', integer(15000, 0, MAX_LONG)],
  ['cluster-require-full-coverage', yesNo('yes')],
  ['always-show-logo', fixed('no')],
  ['daemonize', fixed('no')],
  ['disable-thp', fixed('yes')],
  ['enable-debug-command', fixed('yes')],
  ['enable-module-command', fixed('no')],
  ['enable-protected-configs', fixed('no')],
  ['io-threads-do-reads', fixed('no')],
  ['set-proc-title', fixed('yes')],
  ['supervised', fixed('no')],
  ['syslog-enabled', fixed('no')],
  ['syslog-facility', fixed('local0')],
  ['syslog-ident', fixed('redis')],
  ['tls-port', pinned('0')],
  ['unixsocketperm', fixed('0')],
  ['aclfile', fixed('')],
]
