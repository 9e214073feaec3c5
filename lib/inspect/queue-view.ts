import { inFlightKey, queueKeys } from '../ipc/keys.ts'
import { ReadingScript } from '../link/script.ts'
import type { RedisLife } from '../link/source.ts'
import { slotTag } from '../wire/keys.ts'
import { lengthOf } from './lengths.ts'
import type { Phase } from './page.ts'
import { oldestTaskMs } from './queue-age.ts'

/** A task queue. */
export interface QueueView {
  readonly name: string
  /** `reliable`: it has, or has had, workers whose tasks stay in Redis until they are acknowledged. */
  readonly kind: 'plain' | 'reliable'
  readonly waiting: number
  /** Tasks that wait for their time. */
  readonly delayed: number
  /** Tasks that workers hold. */
  readonly inProgress: number
  /** Dead letters. */
  readonly dead: number
  /**
   * For how long the next task could have been taken, in ms: since it was published or, if it was
   * delayed, since it was due; undefined: none waits, or its writer put no time into it.
   */
  readonly oldestMs: number | undefined
}

/** How many workers of a queue are looked at. */
const MOST_READERS = 1_000

export async function viewQueue(redis: RedisLife, name: string): Promise<QueueView> {
  const keys = queueKeys(name)
  const { queue, arrived, delayed, dead, readers } = keys
  const [waiting, woken, later, letters, oldestMs, workers] = await Promise.all([
    lengthOf(redis.llen(queue)),
    lengthOf(redis.llen(arrived)),
    lengthOf(redis.zcard(delayed)),
    lengthOf(redis.xlen(dead)),
    oldestTaskMs(redis, keys),
    redis.zrange(readers, 0, `${MOST_READERS - 1}`).catch(() => []),
  ])
  const held = await Promise.all(workers.map((worker) => lengthOf(redis.hlen(inFlightKey(name, worker)))))
  return {
    name,
    kind: workers.length > 0 || letters > 0 ? 'reliable' : 'plain',
    waiting: waiting + woken,
    delayed: later,
    inProgress: held.reduce((sum, count) => sum + count, 0),
    dead: letters,
    oldestMs,
  }
}

/**
 * How queues are found: lists with tasks, and the other keys of an empty queue. Each phase skips
 * what an earlier one has found.
 * @param match of their names
 */
export function queuePhases(match: string): readonly Phase<QueueView>[] {
  const beside = (type: 'zset' | 'stream', kind: 'delayed' | 'dead' | 'readers'): Phase<QueueView> => ({
    type,
    pattern: match === '*' ? `*:${kind}` : `{${match}}:${kind}`,
    view: (redis, key) => viewBeside(redis, key, kind),
  })
  const lists: Phase<QueueView> = {
    type: 'list',
    pattern: match,
    view: async (redis, key) => ((await holdsTasks(redis, key)) ? viewQueue(redis, key) : undefined),
  }
  return [lists, beside('zset', 'delayed'), beside('stream', 'dead'), beside('zset', 'readers')]
}

async function viewBeside(
  redis: RedisLife,
  key: string,
  kind: 'delayed' | 'dead' | 'readers',
): Promise<QueueView | undefined> {
  const name = nameOf(key, kind)
  if (name === undefined || (await holdsTasks(redis, name))) return undefined
  const { delayed, dead } = queueKeys(name)
  const earlier = { delayed: [], dead: [delayed], readers: [delayed, dead] }[kind]
  const shown = await Promise.all(earlier.map((other) => redis.exists(other)))
  return shown.includes(1) ? undefined : viewQueue(redis, name)
}

/** The queue that a key belongs to. */
function nameOf(key: string, kind: string): string | undefined {
  const tag = key.slice(0, -kind.length - 1)
  const inner = tag.startsWith('{') && tag.endsWith('}') ? tag.slice(1, -1) : tag
  if (inner !== '' && slotTag(inner) === tag) return inner
  return slotTag(tag) === tag ? tag : undefined
}

/** KEYS: list. Result: how its first element begins. */
const head: ReadingScript<string | null> = new ReadingScript(`
if redis.call('TYPE', KEYS[1]).ok ~= 'list' then return false end
return string.sub(redis.call('LINDEX', KEYS[1], 0), 1, 9)
`)

/** Services have lists, too, and so have others. */
async function holdsTasks(redis: RedisLife, key: string): Promise<boolean> {
  // What woke a worker belongs to its queue.
  if (key.endsWith(':arrived')) return false
  return (await head.run(redis, [key], [])) === '{"uuid":"'
}
