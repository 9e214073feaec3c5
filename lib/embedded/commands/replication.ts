import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { SYNTAX_ERROR } from '../errors.ts'
import { ErrorReply, OK, type Reply } from '../resp/value.ts'
import { integer, integerWithin } from './parse.ts'

/**
 * This server has no replicas. It answers the commands of replication like a master without any.
 */

/** @see https://redis.io/docs/latest/commands/role/ */
export const role: Command<[]> = {
  name: 'role',
  arity: 1,
  group: 'server',
  since: '2.8.12',
  summary: 'Return the role of the instance in the context of replication',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale', 'fast'],
  categories: ['admin', 'dangerous'],
  run: (): Reply => ['master', 0, []],
}

/** @see https://redis.io/docs/latest/commands/replicaof/ */
export const replicaof: Command<[host: string, port: string]> = {
  name: 'replicaof',
  arity: 3,
  group: 'server',
  since: '5.0.0',
  summary: 'Make the server a replica of another instance, or promote it as master.',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'stale', 'no_async_loading'],
  run: stayMaster,
}

/** @see https://redis.io/docs/latest/commands/slaveof/ */
export const slaveof: Command<[host: string, port: string]> = {
  ...replicaof,
  name: 'slaveof',
  since: '1.0.0',
}

function stayMaster(_client: Caller, argv: readonly [string, host: string, port: string]): Reply {
  if (argv[1].toUpperCase() === 'NO' && argv[2].toUpperCase() === 'ONE') return OK
  integerWithin(argv[2], 0, 65535, 'Invalid master port')
  throw new ErrorReply('ERR This server cannot be a replica of another')
}

/** @see https://redis.io/docs/latest/commands/wait/ */
export const wait: Command<[replicas: string, timeout: string]> = {
  name: 'wait',
  arity: 3,
  group: 'generic',
  since: '3.0.0',
  summary:
    'Wait for the synchronous replication of all the write commands sent in the context of the current connection',
  complexity: 'O(1)',
  flags: ['noscript'],
  categories: ['connection'],
  tips: ['request_policy:all_shards', 'response_policy:agg_min'],
  run(client, argv) {
    const replicas = integer(argv[1])
    const timeoutMs = integer(argv[2], NOT_A_TIMEOUT)
    if (timeoutMs < 0) throw new ErrorReply('ERR timeout is negative')
    if (replicas <= 0) return 0
    const until = timeoutMs === 0 ? Infinity : client.engine.now + timeoutMs
    return client.block({ keys: [], until, timeoutReply: 0, serve: () => undefined })
  },
}

const NOT_A_TIMEOUT = new ErrorReply('ERR timeout is not an integer or out of range')

/** @see https://redis.io/docs/latest/commands/failover/ */
export const failover: Command<string[]> = {
  name: 'failover',
  arity: -1,
  group: 'server',
  since: '6.2.0',
  summary: 'Start a coordinated failover between this server and one of its replicas.',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'stale'],
  run(_client, argv): Reply {
    if (argv.length === 2 && argv[1]!.toUpperCase() === 'ABORT') throw new ErrorReply('ERR No failover in progress.')
    if (argv.length > 1 && !FAILOVER_WORDS.has(argv[1]!.toUpperCase())) throw SYNTAX_ERROR
    throw new ErrorReply('ERR FAILOVER requires connected replicas.')
  },
}

const FAILOVER_WORDS: ReadonlySet<string> = new Set(['TO', 'TIMEOUT', 'FORCE'])
