import { totalmem } from 'node:os'
import { memoryUsage } from 'node:process'
import type { Engine } from '../engine/engine.ts'
import { scriptingOf } from '../lua/scripting.ts'
import { DoubleReply, type Reply } from '../resp/value.ts'
import { usedMemory } from '../telemetry/used-memory.ts'
import { type Facts, zeros } from './facts.ts'

/** The memory section of INFO. Figures of Redis's allocator, of replicas and of eviction are 0. */
export function memoryFacts(engine: Engine): Facts {
  const { config, stats, startMemory } = engine
  const { rss } = memoryUsage()
  const used = usedMemory()
  stats.peakMemory = Math.max(stats.peakMemory, used)
  const limit = config.number('maxmemory')
  const scripts = scriptingOf(engine)
  const dataset = Math.max(0, used - startMemory)
  return [
    ...withText('used_memory', used),
    ...withText('used_memory_rss', rss),
    ...withText('used_memory_peak', stats.peakMemory),
    ['used_memory_peak_perc', percent(used, stats.peakMemory)],
    ['used_memory_overhead', Math.min(used, startMemory)],
    ['used_memory_startup', startMemory],
    ['used_memory_dataset', dataset],
    ['used_memory_dataset_perc', percent(dataset, used)],
    ['allocator_allocated', used],
    ['allocator_active', used],
    ['allocator_resident', rss],
    ...withText('total_system_memory', totalmem()),
    ['used_memory_lua', scripts.memoryBytes],
    ['used_memory_vm_eval', scripts.memoryBytes],
    ['used_memory_lua_human', human(scripts.memoryBytes)],
    ['used_memory_scripts_eval', scripts.textBytes],
    ['number_of_cached_scripts', scripts.count],
    ...zeros('number_of_functions', 'number_of_libraries', 'used_memory_vm_functions'),
    ...withText('used_memory_vm_total', scripts.memoryBytes),
    ...zeros('used_memory_functions'),
    ...withText('used_memory_scripts', scripts.textBytes),
    ...withText('maxmemory', limit),
    ['maxmemory_policy', config.value('maxmemory-policy')],
    ['allocator_frag_ratio', '1.00'],
    ['allocator_frag_bytes', 0],
    ['allocator_rss_ratio', (rss / used).toFixed(2)],
    ['allocator_rss_bytes', rss - used],
    ['rss_overhead_ratio', '1.00'],
    ['rss_overhead_bytes', 0],
    ['mem_fragmentation_ratio', (rss / used).toFixed(2)],
    ['mem_fragmentation_bytes', rss - used],
    ...zeros(
      'mem_not_counted_for_evict',
      'mem_replication_backlog',
      'mem_total_replication_buffers',
      'mem_clients_slaves',
      'mem_clients_normal',
      'mem_cluster_links',
      'mem_aof_buffer',
    ),
    ['mem_allocator', 'v8'],
    ...zeros('active_defrag_running', 'lazyfree_pending_objects', 'lazyfreed_objects'),
  ]
}

/** The names and values of MEMORY STATS. */
export function memoryStatistics(engine: Engine): readonly (readonly [name: string, value: Reply])[] {
  const { databases, stats, startMemory } = engine
  const { rss } = memoryUsage()
  const used = usedMemory()
  stats.peakMemory = Math.max(stats.peakMemory, used)
  const keys = databases.reduce((sum, { size }) => sum + size, 0)
  const dataset = Math.max(0, used - startMemory)
  const scripts = scriptingOf(engine).textBytes
  return [
    ['peak.allocated', stats.peakMemory],
    ['total.allocated', used],
    ['startup.allocated', startMemory],
    ...zeros('replication.backlog', 'clients.slaves', 'clients.normal', 'cluster.links', 'aof.buffer'),
    ['lua.caches', scripts],
    ...zeros('functions.caches'),
    ['overhead.total', Math.min(used, startMemory)],
    ['keys.count', keys],
    ['keys.bytes-per-key', keys === 0 ? 0 : Math.round(dataset / keys)],
    ['dataset.bytes', dataset],
    ['dataset.percentage', new DoubleReply((dataset / used) * 100)],
    ['peak.percentage', new DoubleReply((used / stats.peakMemory) * 100)],
    ['allocator.allocated', used],
    ['allocator.active', used],
    ['allocator.resident', rss],
    ['allocator-fragmentation.ratio', new DoubleReply(1)],
    ['allocator-fragmentation.bytes', 0],
    ['allocator-rss.ratio', new DoubleReply(rss / used)],
    ['allocator-rss.bytes', rss - used],
    ['rss-overhead.ratio', new DoubleReply(1)],
    ['rss-overhead.bytes', 0],
    ['fragmentation', new DoubleReply(rss / used)],
    ['fragmentation.bytes', rss - used],
  ]
}

function withText(name: string, bytes: number): Facts {
  return [
    [name, bytes],
    [`${name}_human`, human(bytes)],
  ]
}

function percent(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(2)}%`
}

/** Formats a number of bytes for people. */
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
