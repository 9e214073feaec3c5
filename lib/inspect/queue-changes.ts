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

/** How {@link replay} reports what it does. */
export interface ReplayOptions {
  /** Stops it: what has been put back by then stays there, and is counted. */
  readonly signal?: AbortSignal
  /** Is called after every few hundred letters, with how many have been put back so far. */
  readonly onProgress?: (replayed: number) => void
}

/** Puts dead letters back to the end of their queue; returns how many. @throws InvalidOptionError */
export async function replay(
  run: Run,
  name: string,
  ids: readonly string[] | 'all',
  { signal, onProgress }: ReplayOptions = {},
): Promise<number> {
  const { dead, queue } = queueKeys(name)
  let replayed = 0
  for await (const lot of ids === 'all' ? allIds(run, dead) : lotsOf(checkIds(ids))) {
    if (signal?.aborted) break
    replayed += await sum(run, lot, (redis, id) => replayTask.run(redis, [dead, queue], [id]))
    onProgress?.(replayed)
  }
  return replayed
}

/** Forgets dead letters; returns how many there were. @throws InvalidOptionError */
export async function remove(run: Run, name: string, ids: readonly string[]): Promise<number> {
  const { dead } = queueKeys(name)
  let removed = 0
  for (const lot of lotsOf(checkIds(ids)))
    removed += await sum(run, lot, (redis, id) => removeLetter.run(redis, [dead], [id]))
  return removed
}

/** The ids of the letters that are there now: a task that fails again at once must not be put back for ever. */
async function* allIds(run: Run, dead: string): AsyncGenerator<readonly string[]> {
  const last = await run((redis) => lastId.run(redis, [dead], []))
  for (let from = '-'; last !== null; ) {
    const found = await run((redis) => letterIds.run(redis, [dead], [from, last, LOT]))
    if (found.length === 0) return
    yield found
    from = `(${found.at(-1)}`
  }
}

function* lotsOf(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += LOT) yield ids.slice(at, at + LOT)
}

/** @returns the sum of what `each` gives */
async function sum(
  run: Run,
  ids: readonly string[],
  each: (redis: RedisLife, id: string) => Promise<number>,
): Promise<number> {
  const counts = await run((redis) => Promise.all(ids.map((id) => each(redis, id))))
  return counts.reduce((total, count) => total + count, 0)
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

/** Part of an id would find a letter and not remove it. */
function checkIds(ids: readonly string[]): readonly string[] {
  const isSound = Array.isArray(ids) && ids.length <= 10_000 && ids.every((id) => /^\d{1,20}-\d{1,20}$/.test(id))
  if (isSound) return ids
  throw new InvalidOptionError('ids', 'ids of dead letters, 10000 at most', ids)
}
