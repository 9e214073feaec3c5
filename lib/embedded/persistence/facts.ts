import type { Engine } from '../engine.ts'
import type { Facts } from '../info.ts'

/** What INFO says of persistence. There is no RDB file; its lines tell when all data were last known to be on disk. */
export function persistenceFacts({ appendOnlyFile, dirty, startedAt }: Engine): Facts {
  const file = appendOnlyFile?.isEnabled === true ? appendOnlyFile : undefined
  const savedAt = appendOnlyFile?.lastSyncAt ?? startedAt
  const facts: Facts = [
    ['loading', 0],
    ['async_loading', 0],
    ['rdb_changes_since_last_save', dirty - (appendOnlyFile?.dirtyAtSync ?? 0)],
    ['rdb_bgsave_in_progress', 0],
    ['rdb_last_save_time', Math.floor(savedAt / 1000)],
    ['rdb_last_bgsave_status', 'ok'],
    ['aof_enabled', file === undefined ? 0 : 1],
    ['aof_rewrite_in_progress', appendOnlyFile?.isRewriting === true ? 1 : 0],
    ['aof_rewrite_scheduled', 0],
    ['aof_last_bgrewrite_status', appendOnlyFile?.lastRewriteFailed === true ? 'err' : 'ok'],
    ['aof_last_write_status', appendOnlyFile?.isWriting === false ? 'err' : 'ok'],
  ]
  if (file === undefined) return facts
  return [...facts, ['aof_current_size', file.size], ['aof_base_size', file.baseSize]]
}
