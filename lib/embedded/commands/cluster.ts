import type { CommandFacts } from '../catalog/facts.ts'
import type { Command } from '../engine/command.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'

/** Clients recognize by this error that the server is not a cluster node. */
function disabled(): Reply {
  throw new ErrorReply('ERR This instance has cluster support disabled')
}

type SubcommandFacts = Pick<CommandFacts, 'name' | 'summary' | 'complexity'> & Partial<CommandFacts>

function subcommand<const N extends 2 | 3 | 4>(
  arity: N,
  facts: SubcommandFacts,
): CommandFacts & { arity: N; run(): Reply } {
  return { group: 'cluster', since: '3.0.0', flags: ['stale'], categories: [], ...facts, arity, run: disabled }
}

/** @see https://redis.io/docs/latest/commands/cluster/ */
export const cluster: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'cluster',
  arity: -2,
  group: 'cluster',
  since: '3.0.0',
  summary: 'A container for cluster commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  categories: [],
  subcommands: [
    subcommand(3, {
      name: 'countkeysinslot',
      summary: 'Return the number of local keys in the specified hash slot',
      complexity: 'O(1)',
    }),
    subcommand(4, {
      name: 'getkeysinslot',
      summary: 'Return local key names in the specified hash slot',
      complexity: 'O(log(N)) where N is the number of requested keys',
      tips: ['nondeterministic_output'],
    }),
    subcommand(2, {
      name: 'info',
      summary: 'Provides info about Redis Cluster node state',
      complexity: 'O(1)',
      tips: ['nondeterministic_output'],
    }),
    subcommand(3, {
      name: 'keyslot',
      summary: 'Returns the hash slot of the specified key',
      complexity: 'O(N) where N is the number of bytes in the key',
    }),
    subcommand(2, { name: 'myid', summary: 'Return the node id', complexity: 'O(1)' }),
    subcommand(2, {
      name: 'nodes',
      summary: 'Get Cluster config for the node',
      complexity: 'O(N) where N is the total number of Cluster nodes',
      tips: ['nondeterministic_output'],
    }),
    subcommand(2, {
      name: 'shards',
      since: '7.0.0',
      summary: 'Get array of cluster slots to node mappings',
      complexity: 'O(N) where N is the total number of cluster nodes',
      tips: ['nondeterministic_output'],
    }),
    subcommand(2, {
      name: 'slots',
      summary: 'Get array of Cluster slot to node mappings',
      complexity: 'O(N) where N is the total number of Cluster nodes',
      tips: ['nondeterministic_output'],
    }),
    subcommand(2, {
      name: 'help',
      since: '5.0.0',
      summary: 'Show helpful text about the different subcommands',
      complexity: 'O(1)',
      flags: ['loading', 'stale'],
    }),
  ],
}

/** @see https://redis.io/docs/latest/commands/readonly/ */
export const readonly: Command<[]> = {
  name: 'readonly',
  arity: 1,
  group: 'cluster',
  since: '3.0.0',
  summary: 'Enables read queries for a connection to a cluster replica node',
  complexity: 'O(1)',
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  run: disabled,
}

/** @see https://redis.io/docs/latest/commands/readwrite/ */
export const readwrite: Command<[]> = {
  ...readonly,
  name: 'readwrite',
  summary: 'Disables read queries for a connection to a cluster replica node',
}

/** @see https://redis.io/docs/latest/commands/asking/ */
export const asking: Command<[]> = {
  ...readonly,
  name: 'asking',
  summary: 'Sent by cluster clients after an -ASK redirect',
  flags: ['fast'],
}
