import { keys } from '../catalog/key-spec.ts'
import type { ConsumerGroup } from '../data/consumer-group.ts'
import { Stream } from '../data/stream.ts'
import { formatId } from '../data/stream-id.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { NULL_ARRAY, type Reply } from '../resp/value.ts'
import { integer } from './parse.ts'
import { exactId, findGroup, intervalEnd, intervalStart } from './stream-parse.ts'

/** @see https://redis.io/docs/latest/commands/xack/ */
export const xack: Command<[key: string, group: string, id: string, ...more: string[]]> = {
  name: 'xack',
  arity: -4,
  group: 'stream',
  since: '5.0.0',
  summary:
    'Marks a pending message as correctly processed, effectively removing it from the pending entries list of the consumer group. Return value of the command is the number of messages successfully acknowledged, that is, the IDs we were actually able to resolve in the PEL.',
  complexity: 'O(1) for each message ID processed.',
  flags: ['write', 'fast'],
  keys: [keys('RW update')],
  run({ db, engine }, argv) {
    const group = db.get(argv[1], Stream)?.groups.get(argv[2])
    if (group === undefined) return 0
    // All ids are parsed before the first is acknowledged, so that an error changes nothing.
    const ids = argv.slice(3).map((text) => exactId(text))
    let acknowledged = 0
    for (const id of ids) if (group.release(id)) acknowledged++
    engine.dirty += acknowledged
    return acknowledged
  },
}

/** @see https://redis.io/docs/latest/commands/xpending/ */
export const xpending: Command<[key: string, group: string, ...options: string[]]> = {
  name: 'xpending',
  arity: -3,
  group: 'stream',
  since: '5.0.0',
  summary:
    'Return information and entries from a stream consumer group pending entries list, that are messages fetched but never acknowledged.',
  complexity:
    'O(N) with N being the number of elements returned, so asking for a small fixed number of entries per call is O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter. When the command returns just the summary and the list of consumers is small, it runs in O(1) time; otherwise, an additional O(N) time for iterating every consumer.',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO access')],
  run(client, argv) {
    const [, key, name] = argv
    if (argv.length !== 3 && (argv.length < 6 || argv.length > 9)) throw SYNTAX_ERROR
    if (argv.length === 3) return summary(findGroup(client, key, name).group)
    const filter = parseFilter(argv)
    const { group } = findGroup(client, key, name)
    return list(group, filter, client.engine.now)
  },
}

function summary({ pending, sortedConsumers }: ConsumerGroup): Reply {
  const { first, last } = pending
  if (first === undefined || last === undefined) return [0, null, null, NULL_ARRAY]
  const busy = sortedConsumers.filter((consumer) => consumer.pending.size > 0)
  const counts = busy.map((consumer) => [consumer.name, String(consumer.pending.size)])
  return [pending.size, formatId(first.id), formatId(last.id), counts]
}

interface Filter {
  readonly start: bigint
  readonly end: bigint
  readonly count: number
  readonly minIdleMs: number
  readonly consumerName: string | undefined
}

/** Reads `[IDLE ms] start end count [consumer]`. */
function parseFilter(argv: readonly string[]): Filter {
  let at = 3
  let minIdleMs = 0
  if (argv[3]!.toUpperCase() === 'IDLE') {
    minIdleMs = integer(argv[4]!)
    if (argv.length < 8) throw SYNTAX_ERROR
    at = 5
  }
  const count = Math.max(0, integer(argv[at + 2]!))
  const start = intervalStart(argv[at]!)
  const end = intervalEnd(argv[at + 1]!)
  return { start, end, count, minIdleMs, consumerName: argv[at + 3] }
}

function list(group: ConsumerGroup, { start, end, count, minIdleMs, consumerName }: Filter, now: number): Reply {
  const consumer = consumerName === undefined ? undefined : group.consumers.get(consumerName)
  if (consumerName !== undefined && consumer === undefined) return []
  const found: Reply[] = []
  for (const { id, consumer: owner, deliveredAt, count: deliveries } of (consumer ?? group).pending.from(start)) {
    if (found.length >= count || id > end) break
    const idle = now - deliveredAt
    if (minIdleMs !== 0 && idle < minIdleMs) continue
    found.push([formatId(id), owner.name, Math.max(0, idle), BigInt.asIntN(64, deliveries)])
  }
  return found
}
