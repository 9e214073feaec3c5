import type { QueueKeys } from '../ipc/keys.ts'
import { timeInTaskId } from '../ipc/queue/task-id.ts'
import { isPermanent, readFailure } from '../link/redis-failure.ts'
import { ReadingScript } from '../link/script.ts'
import type { RedisLife } from '../link/source.ts'

const HEAD = '{"uuid":"'
const UUID_LENGTH = 36
/**
 * UUIDs of other programs may look as if they contained a time, which is then most likely one that no
 * task has: a task is not this old, nor is the clock of its writer this far ahead. In ms.
 */
const MOST_AGE = 366 * 86_400_000
const MOST_AHEAD = 3_600_000

/**
 * KEYS: lists of tasks, and the sorted set of delayed ones. ARGV: how many characters. Result: Redis's
 * time in ms, when the first delayed task is due, and how the next task of each list begins.
 */
const next: ReadingScript<(string | number)[]> = new ReadingScript(`
local time = redis.call('TIME')
local found = { time[1] * 1000 + math.floor(time[2] / 1000), '' }
for i, key in ipairs(KEYS) do
  local type = redis.call('TYPE', key).ok
  if i < #KEYS and type == 'list' then
    found[#found + 1] = string.sub(redis.call('LINDEX', key, -1), 1, ARGV[1])
  elseif i == #KEYS and type == 'zset' then
    found[2] = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  end
end
return found
`)

/**
 * For how long the next task could have been taken, in ms; undefined: none can be taken, or the
 * writers of the next ones put no time into them.
 */
export async function oldestTaskMs(
  redis: RedisLife,
  { queue, arrived, delayed }: QueueKeys,
): Promise<number | undefined> {
  let found: (string | number)[]
  try {
    found = await next.run(redis, [queue, arrived, delayed], [HEAD.length + UUID_LENGTH])
  } catch (error) {
    // Without scripts, or the right to run them, the age is unknown; the numbers of tasks are not.
    if (isPermanent(readFailure(error))) return undefined
    throw error
  }
  const [now, due, ...heads] = found
  const times = heads
    .flatMap((head) => timeInTaskId(String(head).slice(HEAD.length)) ?? [])
    .filter((time) => time > Number(now) - MOST_AGE && time < Number(now) + MOST_AHEAD)
  // No worker moves the delayed tasks that are due.
  if (due !== '' && Number(due) <= Number(now)) times.push(Number(due))
  return times.length === 0 ? undefined : Math.max(0, Number(now) - Math.min(...times))
}
