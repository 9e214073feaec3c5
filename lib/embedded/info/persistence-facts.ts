import type { Engine } from '../engine/engine.ts'
import { type Facts, zeros } from './facts.ts'

/**
 * The persistence section of INFO. There is no RDB file; its lines report when all data were last
 * known to be on disk.
 */
export function persistenceFacts({ appendOnlyFile, dirty, startedAt }: Engine): Facts {
  const file = appendOnlyFile?.isEnabled === true ? appendOnlyFile : undefined
  const savedAt = appendOnlyFile?.lastSyncAt ?? startedAt
  const facts: Facts = [
    ['loading', 0],
    ...zeros('async_loading', 'current_cow_peak', 'current_cow_size', 'current_cow_size_age', 'current_fork_perc'),
    ...zeros('current_save_keys_processed', 'current_save_keys_total'),
    ['rdb_changes_since_last_save', dirty - (appendOnlyFile?.dirtyAtSync ?? 0)],
    ['rdb_bgsave_in_progress', 0],
    ['rdb_last_save_time', Math.floor(savedAt / 1000)],
    ['rdb_last_bgsave_status', 'ok'],
    ['rdb_last_bgsave_time_sec', -1],
    ['rdb_current_bgsave_time_sec', -1],
    ...zeros('rdb_saves', 'rdb_last_cow_size', 'rdb_last_load_keys_expired', 'rdb_last_load_keys_loaded'),
    ['aof_enabled', file === undefined ? 0 : 1],
    ['aof_rewrite_in_progress', appendOnlyFile?.isRewriting === true ? 1 : 0],
    ['aof_rewrite_scheduled', 0],
    ['aof_last_rewrite_time_sec', -1],
    ['aof_current_rewrite_time_sec', -1],
    ['aof_last_bgrewrite_status', appendOnlyFile?.lastRewriteFailed === true ? 'err' : 'ok'],
    ...zeros('aof_rewrites', 'aof_rewrites_consecutive_failures', 'aof_last_cow_size'),
    ...zeros('module_fork_in_progress', 'module_fork_last_cow_size'),
    ['aof_last_write_status', appendOnlyFile?.isWriting === false ? 'err' : 'ok'],
  ]
  if (file === undefined) return facts
  return [...facts, ['aof_current_size', file.size], ['aof_base_size', file.baseSize]]
}
