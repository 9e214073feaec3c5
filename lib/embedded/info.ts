import { arch, platform, release } from 'node:os'
import { memoryUsage, pid } from 'node:process'
import type { Engine } from './engine.ts'
import { persistenceFacts } from './persistence/facts.ts'
import { REDIS_VERSION } from './version.ts'

/** Lines of a section. */
export type Facts = readonly (readonly [name: string, value: string | number])[]

/** Sections of INFO, in its order. */
const WRITERS: Readonly<Record<string, (engine: Engine) => Facts>> = {
  server: ({ clock, config, startedAt, runId }) => {
    const uptime = Math.floor((clock.now() - startedAt) / 1000)
    return [
      ['redis_version', REDIS_VERSION],
      ['redis_git_sha1', '00000000'],
      ['redis_git_dirty', 0],
      ['redis_mode', 'standalone'],
      ['os', `${platform()} ${release()} ${arch()}`],
      ['arch_bits', 64],
      ['process_id', pid],
      ['process_supervised', 'no'],
      ['run_id', runId],
      ['tcp_port', config.value('port')],
      ['server_time_usec', Math.floor(clock.now() * 1000)],
      ['uptime_in_seconds', uptime],
      ['uptime_in_days', Math.floor(uptime / 86400)],
      ['hz', config.value('hz')],
      ['configured_hz', config.value('hz')],
      ['executable', process.execPath],
      ['config_file', ''],
      ['io_threads_active', 0],
    ]
  },
  clients: ({ clients, config, waiters }) => [
    ['connected_clients', clients.size],
    ['cluster_connections', 0],
    ['maxclients', config.maxClients],
    ['client_recent_max_input_buffer', 0],
    ['client_recent_max_output_buffer', 0],
    ['blocked_clients', waiters.count],
    ['tracking_clients', 0],
    ['clients_in_timeout_table', waiters.count],
  ],
  memory: ({ config }) => {
    const { heapUsed, external, rss } = memoryUsage()
    const used = heapUsed + external
    const limit = config.number('maxmemory')
    return [
      ['used_memory', used],
      ['used_memory_human', human(used)],
      ['used_memory_rss', rss],
      ['used_memory_rss_human', human(rss)],
      ['maxmemory', limit],
      ['maxmemory_human', human(limit)],
      ['maxmemory_policy', config.value('maxmemory-policy')],
      ['mem_fragmentation_ratio', (rss / used).toFixed(2)],
    ]
  },
  persistence: persistenceFacts,
  stats: ({ stats, pubsub }) => [
    ['total_connections_received', stats.connectionsReceived],
    ['total_commands_processed', stats.commandsProcessed],
    ['total_net_input_bytes', stats.inputBytes],
    ['total_net_output_bytes', stats.outputBytes],
    ['rejected_connections', stats.connectionsRejected],
    ['expired_keys', stats.expired],
    ['evicted_keys', 0],
    ['keyspace_hits', stats.hits],
    ['keyspace_misses', stats.misses],
    ['pubsub_channels', pubsub.size('channel')],
    ['pubsub_patterns', pubsub.size('pattern')],
    ['pubsubshard_channels', pubsub.size('shard')],
    ['unexpected_error_replies', stats.unexpectedErrors],
    ['total_error_replies', stats.errorReplies],
    ['total_reads_processed', stats.readsProcessed],
    ['total_writes_processed', stats.writesProcessed],
  ],
  replication: ({ runId }) => [
    ['role', 'master'],
    ['connected_slaves', 0],
    ['master_failover_state', 'no-failover'],
    ['master_replid', runId],
    ['master_replid2', '0'.repeat(40)],
    ['master_repl_offset', 0],
    ['second_repl_offset', -1],
    ['repl_backlog_active', 0],
    ['repl_backlog_size', 1048576],
    ['repl_backlog_first_byte_offset', 0],
    ['repl_backlog_histlen', 0],
  ],
  cpu: () => {
    const { user, system } = process.cpuUsage()
    return [
      ['used_cpu_sys', (system / 1e6).toFixed(6)],
      ['used_cpu_user', (user / 1e6).toFixed(6)],
    ]
  },
  modules: () => [],
  commandstats: ({ commands }) =>
    [...commands]
      .flatMap((command) => [...(command.subcommands?.values() ?? [command])])
      .filter(({ calls, failedCalls, rejectedCalls }) => calls + failedCalls + rejectedCalls > 0)
      .map(({ fullName, calls, rejectedCalls, failedCalls }) => [
        `cmdstat_${fullName}`,
        `calls=${calls},rejected_calls=${rejectedCalls},failed_calls=${failedCalls}`,
      ]),
  errorstats: ({ stats }) => [...stats.errors].map(([code, count]) => [`errorstat_${code}`, `count=${count}`]),
  cluster: () => [['cluster_enabled', 0]],
  keyspace: ({ databases }) =>
    databases
      .filter(({ size }) => size > 0)
      .map(({ index, size, expiring }) => [`db${index}`, `keys=${size},expires=${expiring},avg_ttl=0`]),
}

export const SECTIONS: readonly string[] = Object.keys(WRITERS)
/** What INFO shows when it is not asked for more. */
export const DEFAULT_SECTIONS: readonly string[] = SECTIONS.filter((name) => name !== 'commandstats')

/** Writes those sections of INFO that are wanted, by their names in lower case. */
export function infoText(engine: Engine, wanted: ReadonlySet<string>): string {
  return SECTIONS.filter((name) => wanted.has(name))
    .map((name) => {
      const title = name === 'cpu' ? 'CPU' : name.charAt(0).toUpperCase() + name.slice(1)
      const lines = WRITERS[name]!(engine).map(([fact, value]) => `${fact}:${value}\r\n`)
      return `# ${title}\r\n${lines.join('')}`
    })
    .join('\r\n')
}

/** A number of bytes as people read it. */
function human(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 ? `${value}B` : `${value.toFixed(2)}${units[unit]}`
}
