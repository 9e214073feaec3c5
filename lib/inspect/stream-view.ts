import { groupDeadKey } from '../ipc/keys.ts'
import type { RedisLife } from '../link/source.ts'
import { lengthOf } from './lengths.ts'
import type { Phase } from './page.ts'

/** An event stream. */
export interface StreamView {
  readonly name: string
  /** How many events it holds. */
  readonly length: number
  readonly groups: readonly GroupView[]
}

/** A group of readers of a stream. */
export interface GroupView {
  readonly name: string
  readonly consumers: number
  /** Events that were delivered to readers and not acknowledged. */
  readonly pending: number
  /** Events that no reader of the group has got yet; undefined: Redis does not know. */
  readonly lag: number | undefined
  /** Dead letters. */
  readonly dead: number
}

/** A stream by its name. @see https://redis.io/docs/latest/commands/xinfo-groups/ */
export async function viewStream(redis: RedisLife, name: string): Promise<StreamView> {
  const [length, groups] = await Promise.all([lengthOf(redis.xlen(name)), groupsOf(redis, name)])
  return { name, length, groups }
}

/** Where streams show. Dead letters are streams, too; they show with what they come from. */
export function streamPhases(match: string): readonly Phase<StreamView>[] {
  const isDead = (key: string): boolean => /:dead(?::[^}]*)?$/.test(key)
  return [
    {
      type: 'stream',
      pattern: match,
      view: async (redis, key) => (isDead(key) ? undefined : viewStream(redis, key)),
    },
  ]
}

async function groupsOf(redis: RedisLife, name: string): Promise<GroupView[]> {
  const groups = (await redis.xinfo('GROUPS', name).catch(unlessNone)) as readonly (readonly unknown[])[]
  return Promise.all(
    groups.map(async (flat) => {
      const facts = new Map(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]))
      const group = String(facts.get('name'))
      const lag = facts.get('lag')
      return {
        name: group,
        consumers: Number(facts.get('consumers')),
        pending: Number(facts.get('pending')),
        lag: typeof lag === 'number' ? lag : undefined,
        dead: await lengthOf(redis.xlen(groupDeadKey(name, group))),
      }
    }),
  )
}

/** There is no stream of this name. */
function unlessNone(error: unknown): never[] {
  if (error instanceof Error && /^(ERR no such key|WRONGTYPE)/.test(error.message)) return []
  throw error
}
