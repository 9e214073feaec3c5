import { REDIS_VERSION } from '../catalog/redis-version.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { ErrorReply, NO_REPLY, OK, VerbatimReply } from '../resp/value.ts'
import { integerWithin } from './parse.ts'

/** @see https://redis.io/docs/latest/commands/time/ */
export const time: Command<[]> = {
  name: 'time',
  arity: 1,
  group: 'server',
  since: '2.6.0',
  summary: 'Return the current server time',
  complexity: 'O(1)',
  flags: ['loading', 'stale', 'fast'],
  tips: ['nondeterministic_output'],
  run({ engine }) {
    const now = engine.clock.now()
    const seconds = Math.floor(now / 1000)
    return [String(seconds), String(Math.floor((now - seconds * 1000) * 1000))]
  },
}

/** @see https://redis.io/docs/latest/commands/dbsize/ */
export const dbsize: Command<[]> = {
  name: 'dbsize',
  arity: 1,
  group: 'server',
  since: '1.0.0',
  summary: 'Return the number of keys in the selected database',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  tips: ['request_policy:all_shards', 'response_policy:agg_sum'],
  run: ({ db }) => db.size,
}

/** @see https://redis.io/docs/latest/commands/flushdb/ */
export const flushdb: Command<string[]> = {
  name: 'flushdb',
  arity: -1,
  group: 'server',
  since: '1.0.0',
  summary: 'Remove all keys from the current database',
  complexity: 'O(N) where N is the number of keys in the selected database',
  flags: ['write'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  run({ db, engine }, argv) {
    checkFlushMode(argv)
    engine.dirty += Math.max(1, db.size)
    db.clear()
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/flushall/ */
export const flushall: Command<string[]> = {
  name: 'flushall',
  arity: -1,
  group: 'server',
  since: '1.0.0',
  summary: 'Remove all keys from all databases',
  complexity: 'O(N) where N is the total number of keys in all databases',
  flags: ['write'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  run({ engine }, argv) {
    checkFlushMode(argv)
    for (const db of engine.databases) {
      engine.dirty += db.size
      db.clear()
    }
    engine.dirty++
    return OK
  },
}

function checkFlushMode(argv: readonly string[]): void {
  const mode = argv[1]?.toUpperCase() ?? 'SYNC'
  if (argv.length > 2 || (mode !== 'SYNC' && mode !== 'ASYNC')) throw SYNTAX_ERROR
}

/** @see https://redis.io/docs/latest/commands/swapdb/ */
export const swapdb: Command<[index1: string, index2: string]> = {
  name: 'swapdb',
  arity: 3,
  group: 'server',
  since: '4.0.0',
  summary: 'Swaps two Redis databases',
  complexity: 'O(N) where N is the count of clients watching or blocking on keys from both databases.',
  flags: ['write', 'fast'],
  categories: ['keyspace', 'dangerous'],
  run({ engine }, argv) {
    const first = integerWithin(argv[1], -(2 ** 31), 2 ** 31 - 1, 'invalid first DB index')
    const second = integerWithin(argv[2], -(2 ** 31), 2 ** 31 - 1, 'invalid second DB index')
    const [a, b] = [engine.databases[first], engine.databases[second]]
    if (a === undefined || b === undefined) throw new ErrorReply('ERR DB index is out of range')
    if (a !== b) a.swap(b)
    engine.dirty++
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/monitor/ */
export const monitor: Command<[]> = {
  name: 'monitor',
  arity: 1,
  group: 'server',
  since: '1.0.0',
  summary: 'Listen for all requests received by the server in real time',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run(client) {
    if (client.monitoring) return NO_REPLY
    client.monitoring = true
    client.engine.monitors.add(client)
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/shutdown/ */
export const shutdown: Command<string[]> = {
  name: 'shutdown',
  arity: -1,
  group: 'server',
  since: '1.0.0',
  summary: 'Synchronously save the dataset to disk and then shut down the server',
  complexity: 'O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)',
  flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy'],
  run({ engine }, argv) {
    const words = argv.slice(1).map((word) => word.toUpperCase())
    if (!words.every((word) => SHUTDOWN_WORDS.has(word))) throw SYNTAX_ERROR
    if (words.includes('SAVE') && words.includes('NOSAVE')) throw SYNTAX_ERROR
    if (words.includes('ABORT')) {
      if (words.length > 1) throw SYNTAX_ERROR
      throw new ErrorReply('ERR No shutdown in progress.')
    }
    engine.onShutdown?.()
    return NO_REPLY
  },
}

const SHUTDOWN_WORDS: ReadonlySet<string> = new Set(['SAVE', 'NOSAVE', 'NOW', 'FORCE', 'ABORT'])

/** @see https://redis.io/docs/latest/commands/lolwut/ */
export const lolwut: Command<string[]> = {
  name: 'lolwut',
  arity: -1,
  group: 'server',
  since: '5.0.0',
  summary: 'Display some computer art and the Redis version',
  flags: ['readonly', 'fast'],
  run: () => new VerbatimReply(`Redis ver. ${REDIS_VERSION}\n`),
}
