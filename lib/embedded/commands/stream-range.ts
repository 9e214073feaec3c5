import { keys } from '../catalog/key-spec.ts'
import { Stream } from '../data/stream.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { NULL_ARRAY, type Reply } from '../resp/value.ts'
import { integer } from './parse.ts'
import { entryReply, intervalEnd, intervalStart } from './stream-parse.ts'

/** @see https://redis.io/docs/latest/commands/xrange/ */
export const xrange: Command<[key: string, start: string, end: string, ...options: string[]]> = {
  name: 'xrange',
  arity: -4,
  group: 'stream',
  since: '5.0.0',
  summary: 'Return a range of elements in a stream, with IDs matching the specified IDs interval',
  complexity:
    'O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => range(client, argv, argv[2], argv[3], false),
}

/** @see https://redis.io/docs/latest/commands/xrevrange/ */
export const xrevrange: Command<[key: string, end: string, start: string, ...options: string[]]> = {
  name: 'xrevrange',
  arity: -4,
  group: 'stream',
  since: '5.0.0',
  summary:
    'Return a range of elements in a stream, with IDs matching the specified IDs interval, in reverse order (from greater to smaller IDs) compared to XRANGE',
  complexity:
    'O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).',
  flags: ['readonly'],
  keys: [keys('RO access')],
  run: (client, argv) => range(client, argv, argv[3], argv[2], true),
}

function range({ db }: Caller, argv: readonly string[], from: string, to: string, reverse: boolean): Reply {
  const start = intervalStart(from)
  const end = intervalEnd(to)
  let count = Infinity
  for (let i = 4; i < argv.length; i += 2) {
    if (argv[i]!.toUpperCase() !== 'COUNT' || i + 1 >= argv.length) throw SYNTAX_ERROR
    count = Math.max(0, integer(argv[i + 1]!))
  }
  const stream = db.get(argv[1]!, Stream)
  if (stream === undefined) return []
  if (count === 0) return NULL_ARRAY
  return (reverse ? stream.reverseRange(start, end, count) : stream.range(start, end, count)).map(entryReply)
}
