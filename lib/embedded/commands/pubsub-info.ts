import type { Topic } from '../clients/client.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { subcommandArity } from '../errors.ts'
import type { Reply } from '../resp/value.ts'
import { helpReply } from './help.ts'

/** @see https://redis.io/docs/latest/commands/pubsub-channels/ */
export const pubsubChannels: Command<[subcommand: string, ...pattern: string[]]> = {
  name: 'channels',
  arity: -2,
  group: 'pubsub',
  since: '2.8.0',
  summary: 'List active channels',
  complexity:
    'O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)',
  flags: ['pubsub', 'loading', 'stale'],
  run: (client, argv) => names(client, 'channel', argv),
}

/** @see https://redis.io/docs/latest/commands/pubsub-shardchannels/ */
export const pubsubShardchannels: Command<[subcommand: string, ...pattern: string[]]> = {
  name: 'shardchannels',
  arity: -2,
  group: 'pubsub',
  since: '7.0.0',
  summary: 'List active shard channels',
  complexity:
    'O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).',
  flags: ['pubsub', 'loading', 'stale'],
  run: (client, argv) => names(client, 'shard', argv),
}

/** @see https://redis.io/docs/latest/commands/pubsub-numsub/ */
export const pubsubNumsub: Command<[subcommand: string, ...channels: string[]]> = {
  name: 'numsub',
  arity: -2,
  group: 'pubsub',
  since: '2.8.0',
  summary: 'Get the count of subscribers for channels',
  complexity: 'O(N) for the NUMSUB subcommand, where N is the number of requested channels',
  flags: ['pubsub', 'loading', 'stale'],
  run: (client, argv) => counts(client, 'channel', argv),
}

/** @see https://redis.io/docs/latest/commands/pubsub-shardnumsub/ */
export const pubsubShardnumsub: Command<[subcommand: string, ...shardchannels: string[]]> = {
  name: 'shardnumsub',
  arity: -2,
  group: 'pubsub',
  since: '7.0.0',
  summary: 'Get the count of subscribers for shard channels',
  complexity: 'O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels',
  flags: ['pubsub', 'loading', 'stale'],
  run: (client, argv) => counts(client, 'shard', argv),
}

/** @see https://redis.io/docs/latest/commands/pubsub-numpat/ */
export const pubsubNumpat: Command<[subcommand: string]> = {
  name: 'numpat',
  arity: 2,
  group: 'pubsub',
  since: '2.8.0',
  summary: 'Get the count of unique patterns pattern subscriptions',
  complexity: 'O(1)',
  flags: ['pubsub', 'loading', 'stale'],
  run: ({ engine }) => engine.pubsub.size('pattern'),
}

/** @see https://redis.io/docs/latest/commands/pubsub-help/ */
export const pubsubHelp: Command<[subcommand: string]> = {
  name: 'help',
  arity: 2,
  group: 'pubsub',
  since: '6.2.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  categories: [],
  run: () => helpReply('PUBSUB', HELP),
}

/** @see https://redis.io/docs/latest/commands/pubsub/ */
export const pubsub: Command<[subcommand: string, ...arguments_: string[]]> = {
  name: 'pubsub',
  arity: -2,
  group: 'pubsub',
  since: '2.8.0',
  summary: 'A container for Pub/Sub commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  categories: [],
  subcommands: [pubsubChannels, pubsubShardchannels, pubsubNumsub, pubsubShardnumsub, pubsubNumpat, pubsubHelp],
}

function names({ engine }: Caller, topic: Topic, argv: readonly string[]): Reply {
  if (argv.length > 3) throw subcommandArity('PUBSUB', argv[1]!)
  return engine.pubsub.names(topic, argv[2])
}

function counts({ engine }: Caller, topic: Topic, argv: readonly string[]): Reply {
  return argv.slice(2).flatMap((name) => [name, engine.pubsub.count(topic, name)])
}

const HELP = `
CHANNELS [<pattern>]
    Return the currently active channels matching a <pattern> (default: '*').
NUMPAT
    Return number of subscriptions to patterns.
NUMSUB [<channel> ...]
    Return the number of subscribers for the specified channels, excluding
    pattern subscriptions(default: no channels).
SHARDCHANNELS [<pattern>]
    Return the currently active shard level channels matching a <pattern> (default: '*').
SHARDNUMSUB [<shardchannel> ...]
    Return the number of subscribers for the specified shard level channel(s)
`
