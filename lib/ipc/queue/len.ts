import type { Commands } from '../commands.ts'
import type { QueueKeys } from '../keys.ts'

/** How many tasks wait in a queue, without delayed ones and those in flight. */
export function countTasks(commands: Commands, { queue, arrived }: QueueKeys): Promise<number> {
  const work = {
    what: `count the tasks of ${queue}`,
    keys: { [queue]: 'list', [arrived]: 'list' },
    repeatable: true,
  } as const
  return commands.run(work, async (redis) => {
    const [waiting, woken] = await Promise.all([redis.llen(queue), redis.llen(arrived)])
    return waiting + woken
  })
}
