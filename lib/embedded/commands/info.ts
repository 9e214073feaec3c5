import type { Command } from '../engine/command.ts'
import { DEFAULT_SECTIONS, infoText, SECTIONS } from '../info/info.ts'
import { VerbatimReply } from '../resp/value.ts'

/** @see https://redis.io/docs/latest/commands/info/ */
export const info: Command<string[]> = {
  name: 'info',
  arity: -1,
  group: 'server',
  since: '1.0.0',
  summary: 'Get information and statistics about the server',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  categories: ['dangerous'],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  run({ engine }, argv) {
    const wanted = new Set<string>()
    for (const word of argv.length === 1 ? ['default'] : argv.slice(1)) {
      const name = word.toLowerCase()
      if (name === 'default') for (const section of DEFAULT_SECTIONS) wanted.add(section)
      else if (name === 'all' || name === 'everything') for (const section of SECTIONS) wanted.add(section)
      else wanted.add(name)
    }
    return new VerbatimReply(infoText(engine, wanted))
  },
}
