import { InvalidOptionError } from '../errors.ts'
import { removeLetter } from '../ipc/dead-letters.ts'
import { queueKeys } from '../ipc/keys.ts'
import { replayTask } from '../ipc/queue/scripts.ts'
import { Script } from '../link/script.ts'
import type { RedisLife } from '../link/source.ts'

/** How many ids are read at once. */
const IDS = 1_000

/** KEYS: stream. ARGV: from, to, how many at most. Result: the ids. */
const letterIds: Script<string[]> = new Script(`
local ids, from = {}, ARGV[1]
while #ids < tonumber(ARGV[3]) do
  local entry = redis.call('XRANGE', KEYS[1], from, ARGV[2], 'COUNT', 1)[1]
  if not entry then break end
  ids[#ids + 1] = entry[1]
  from = '(' .. entry[1]
end
return ids
`)

/** KEYS: stream. Result: the last id, or none. */
const lastId: Script<string | null> = new Script(`
local entry = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
return entry and entry[1]
`)

/** Puts dead letters back to the end of their queue; returns how many. @throws InvalidOptionError */
export async function replay(redis: RedisLife, name: string, ids: readonly string[] | 'all'): Promise<number> {
  const { dead, queue } = queueKeys(name)
  const replayOne = (id: string): Promise<number> => replayTask.run(redis, [dead, queue], [id])
  if (ids !== 'all') return sum(checkIds(ids).map(replayOne))
  // A task that fails again at once must not be put back for ever.
  const last = await lastId.run(redis, [dead], [])
  let replayed = 0
  for (let from = '-'; last !== null; ) {
    const found = await letterIds.run(redis, [dead], [from, last, IDS])
    if (found.length === 0) break
    replayed += await sum(found.map(replayOne))
    from = `(${found.at(-1)}`
  }
  return replayed
}

/** Forgets dead letters; returns how many there were. @throws InvalidOptionError */
export function remove(redis: RedisLife, name: string, ids: readonly string[]): Promise<number> {
  const { dead } = queueKeys(name)
  return sum(checkIds(ids).map((id) => removeLetter.run(redis, [dead], [id])))
}

/** KEYS: queue, arrived. Result: how many tasks there were. */
const drainAll: Script<number> = new Script(`
local count = redis.call('LLEN', KEYS[1]) + redis.call('LLEN', KEYS[2])
redis.call('DEL', KEYS[1], KEYS[2])
return count
`)

/** Removes the tasks that wait; those stay that are delayed or in progress, and dead letters. Returns how many. */
export function drain(redis: RedisLife, name: string): Promise<number> {
  const { queue, arrived } = queueKeys(name)
  return drainAll.run(redis, [queue, arrived], [])
}

async function sum(counts: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(counts)).reduce((total, count) => total + count, 0)
}

/** Part of an id would find a letter and not remove it. */
function checkIds(ids: readonly string[]): readonly string[] {
  const isSound = Array.isArray(ids) && ids.length <= 10_000 && ids.every((id) => /^\d{1,20}-\d{1,20}$/.test(id))
  if (isSound) return ids
  throw new InvalidOptionError('ids', 'ids of dead letters, 10000 at most', ids)
}
