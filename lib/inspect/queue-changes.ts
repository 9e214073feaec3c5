import { InvalidOptionError } from '../errors.ts'
import { removeLetter } from '../ipc/dead-letters.ts'
import { queueKeys } from '../ipc/keys.ts'
import { replayTask } from '../ipc/queue/scripts.ts'
import { ReadingScript, Script } from '../link/script.ts'
import type { RedisLife } from '../link/source.ts'
import type { Run } from './run.ts'

/** How many letters are handled at once. */
const LOT = 250

/** KEYS: stream. ARGV: from, to, how many at most. Result: the ids. */
const letterIds: ReadingScript<string[]> = new ReadingScript(`
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
const lastId: ReadingScript<string | null> = new ReadingScript(`
local entry = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
return entry and entry[1]
`)

/** Puts dead letters back to the end of their queue; returns how many. @throws InvalidOptionError */
export async function replay(run: Run, name: string, ids: readonly string[] | 'all'): Promise<number> {
  const { dead, queue } = queueKeys(name)
  const replayAll = (some: readonly string[]): Promise<number> =>
    inLots(run, some, (redis, id) => replayTask.run(redis, [dead, queue], [id]))
  if (ids !== 'all') return replayAll(checkIds(ids))
  // A task that fails again at once must not be put back for ever.
  const last = await run((redis) => lastId.run(redis, [dead], []))
  let replayed = 0
  for (let from = '-'; last !== null; ) {
    const found = await run((redis) => letterIds.run(redis, [dead], [from, last, LOT]))
    if (found.length === 0) break
    replayed += await replayAll(found)
    from = `(${found.at(-1)}`
  }
  return replayed
}

/** Forgets dead letters; returns how many there were. @throws InvalidOptionError */
export async function remove(run: Run, name: string, ids: readonly string[]): Promise<number> {
  const { dead } = queueKeys(name)
  return inLots(run, checkIds(ids), (redis, id) => removeLetter.run(redis, [dead], [id]))
}

/** KEYS: queue, arrived. Result: how many tasks there were. */
const drainAll: Script<number> = new Script(`
local count = redis.call('LLEN', KEYS[1]) + redis.call('LLEN', KEYS[2])
redis.call('DEL', KEYS[1], KEYS[2])
return count
`)

/** Removes the tasks that wait; those stay that are delayed or in progress, and dead letters. Returns how many. */
export function drain(run: Run, name: string): Promise<number> {
  const { queue, arrived } = queueKeys(name)
  return run((redis) => drainAll.run(redis, [queue, arrived], []))
}

/** @returns the sum of what `each` gives */
async function inLots(
  run: Run,
  ids: readonly string[],
  each: (redis: RedisLife, id: string) => Promise<number>,
): Promise<number> {
  let sum = 0
  for (let at = 0; at < ids.length; at += LOT) {
    const counts = await run((redis) => Promise.all(ids.slice(at, at + LOT).map((id) => each(redis, id))))
    sum = counts.reduce((total, count) => total + count, sum)
  }
  return sum
}

/** Part of an id would find a letter and not remove it. */
function checkIds(ids: readonly string[]): readonly string[] {
  const isSound = Array.isArray(ids) && ids.length <= 10_000 && ids.every((id) => /^\d{1,20}-\d{1,20}$/.test(id))
  if (isSound) return ids
  throw new InvalidOptionError('ids', 'ids of dead letters, 10000 at most', ids)
}
