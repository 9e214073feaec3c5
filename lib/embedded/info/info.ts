import { arch, platform, release } from 'node:os'
import { pid } from 'node:process'
import { REDIS_VERSION } from '../catalog/redis-version.ts'
import type { Engine } from '../engine/engine.ts'
import { type Facts, zeros } from './facts.ts'
import { memoryFacts } from './memory-facts.ts'
import { persistenceFacts } from './persistence-facts.ts'

/** The sections of INFO, in its order. */
const WRITERS: Readonly<Record<string, (engine: Engine) => Facts>> = {
  server: ({ clock, config, startedAt, runId }) => {
    const uptime = Math.floor((clock.now() - startedAt) / 1000)
    return [
      ['redis_version', REDIS_VERSION],
      ['redis_git_sha1', '00000000'],
      ['redis_git_dirty', 0],
      ['redis_build_id', runId.slice(0, 16)],
      ['redis_mode', 'standalone'],
      ['os', `${platform()} ${release()} ${arch()}`],
      ['arch_bits', 64],
      ['monotonic_clock', 'node'],
      ['multiplexing_api', 'libuv'],
      ['atomicvar_api', 'none'],
      ['gcc_version', '0.0.0'],
      ['process_id', pid],
      ['process_supervised', 'no'],
      ['run_id', runId],
      ['tcp_port', config.value('port')],
      ['server_time_usec', Math.floor(clock.now() * 1000)],
      ['uptime_in_seconds', uptime],
      ['uptime_in_days', Math.floor(uptime / 86400)],
      ['hz', config.value('hz')],
      ['configured_hz', config.value('hz')],
      ['lru_clock', Math.floor(clock.now() / 1000) % 2 ** 24],
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
  memory: memoryFacts,
  persistence: persistenceFacts,
  stats: ({ stats, pubsub }) => [
    ['total_connections_received', stats.connectionsReceived],
    ['total_commands_processed', stats.commandsProcessed],
    ...zeros('instantaneous_ops_per_sec'),
    ['total_net_input_bytes', stats.inputBytes],
    ['total_net_output_bytes', stats.outputBytes],
    ...zeros(
      'total_net_repl_input_bytes',
      'total_net_repl_output_bytes',
      'instantaneous_input_kbps',
      'instantaneous_output_kbps',
      'instantaneous_input_repl_kbps',
      'instantaneous_output_repl_kbps',
    ),
    ['rejected_connections', stats.connectionsRejected],
    ...zeros('sync_full', 'sync_partial_ok', 'sync_partial_err'),
    ['expired_keys', stats.expired],
    ...zeros(
      'expired_stale_perc',
      'expired_time_cap_reached_count',
      'expire_cycle_cpu_milliseconds',
      'evicted_keys',
      'evicted_clients',
      'total_eviction_exceeded_time',
      'current_eviction_exceeded_time',
    ),
    ['keyspace_hits', stats.hits],
    ['keyspace_misses', stats.misses],
    ['pubsub_channels', pubsub.size('channel')],
    ['pubsub_patterns', pubsub.size('pattern')],
    ['pubsubshard_channels', pubsub.size('shard')],
    ...zeros(
      'latest_fork_usec',
      'total_forks',
      'migrate_cached_sockets',
      'slave_expires_tracked_keys',
      'active_defrag_hits',
      'active_defrag_misses',
      'active_defrag_key_hits',
      'active_defrag_key_misses',
      'total_active_defrag_time',
      'current_active_defrag_time',
      'tracking_total_keys',
      'tracking_total_items',
      'tracking_total_prefixes',
    ),
    ['unexpected_error_replies', stats.unexpectedErrors],
    ['total_error_replies', stats.errorReplies],
    ...zeros('dump_payload_sanitizations'),
    ['total_reads_processed', stats.readsProcessed],
    ['total_writes_processed', stats.writesProcessed],
    ...zeros(
      'io_threaded_reads_processed',
      'io_threaded_writes_processed',
      'reply_buffer_shrinks',
      'reply_buffer_expands',
    ),
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
      ['used_cpu_sys_children', '0.000000'],
      ['used_cpu_user_children', '0.000000'],
      ['used_cpu_sys_main_thread', (system / 1e6).toFixed(6)],
      ['used_cpu_user_main_thread', (user / 1e6).toFixed(6)],
    ]
  },
  modules: () => [],
  commandstats: ({ commands }) =>
    [...commands]
      .flatMap((command) => [...(command.subcommands?.values() ?? [command])])
      .filter(({ calls, failedCalls, rejectedCalls }) => calls + failedCalls + rejectedCalls > 0)
      .map(({ fullName, calls, microseconds, rejectedCalls, failedCalls }) => [
        `cmdstat_${fullName}`,
        `calls=${calls},usec=${Math.floor(microseconds)},usec_per_call=${(calls === 0 ? 0 : microseconds / calls).toFixed(2)},rejected_calls=${rejectedCalls},failed_calls=${failedCalls}`,
      ]),
  latencystats: ({ commands, config }) => {
    const percentiles = config
      .value('latency-tracking-info-percentiles')
      .split(' ')
      .filter((word) => word !== '')
    return [...commands]
      .flatMap((command) => [...(command.subcommands?.values() ?? [command])])
      .filter(({ durations }) => durations.total > 0)
      .map(({ fullName, durations }) => [
        `latency_percentiles_usec_${fullName}`,
        percentiles.map((p) => `p${p}=${durations.percentile(Number(p)).toFixed(3)}`).join(','),
      ])
  },
  // A script can choose any error code, also one that contains a line break.
  errorstats: ({ stats }) =>
    [...stats.errors].map(([code, count]) => [`errorstat_${code.replace(/[#:\r\n]/g, '_')}`, `count=${count}`]),
  cluster: () => [['cluster_enabled', 0]],
  keyspace: ({ databases }) =>
    databases
      .filter(({ size }) => size > 0)
      .map(({ index, size, expiring }) => [`db${index}`, `keys=${size},expires=${expiring},avg_ttl=0`]),
}

export const SECTIONS: readonly string[] = Object.keys(WRITERS)
/** The sections that INFO returns by default. */
export const DEFAULT_SECTIONS: readonly string[] = SECTIONS.filter(
  (name) => name !== 'commandstats' && name !== 'latencystats',
)

/** Writes the requested sections of INFO; their names are in lower case. */
export function infoText(engine: Engine, wanted: ReadonlySet<string>): string {
  return SECTIONS.filter((name) => wanted.has(name))
    .map((name) => {
      const title = name === 'cpu' ? 'CPU' : name.charAt(0).toUpperCase() + name.slice(1)
      const lines = WRITERS[name]!(engine).map(([fact, value]) => `${fact}:${value}\r\n`)
      return `# ${title}\r\n${lines.join('')}`
    })
    .join('\r\n')
}
