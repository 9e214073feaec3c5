import { keys } from '../catalog/key-spec.ts'
import type { Topic } from '../clients/client.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { ErrorReply, NO_REPLY, PushReply, type Reply } from '../resp/value.ts'

/** @see https://redis.io/docs/latest/commands/subscribe/ */
export const subscribe: Command<[channel: string, ...more: string[]]> = {
  name: 'subscribe',
  arity: -2,
  group: 'pubsub',
  since: '2.0.0',
  summary: 'Listen for messages published to the given channels',
  complexity: 'O(N) where N is the number of channels to subscribe to.',
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  run: (client, argv) => addTopics(client, 'channel', argv),
}

/** @see https://redis.io/docs/latest/commands/psubscribe/ */
export const psubscribe: Command<[pattern: string, ...more: string[]]> = {
  name: 'psubscribe',
  arity: -2,
  group: 'pubsub',
  since: '2.0.0',
  summary: 'Listen for messages published to channels matching the given patterns',
  complexity: 'O(N) where N is the number of patterns the client is already subscribed to.',
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  run: (client, argv) => addTopics(client, 'pattern', argv),
}

/** @see https://redis.io/docs/latest/commands/ssubscribe/ */
export const ssubscribe: Command<[shardchannel: string, ...more: string[]]> = {
  name: 'ssubscribe',
  arity: -2,
  group: 'pubsub',
  since: '7.0.0',
  summary: 'Listen for messages published to the given shard channels',
  complexity: 'O(N) where N is the number of shard channels to subscribe to.',
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  keys: [keys('not_key', { last: -1 })],
  run(client, argv) {
    // Unlike the others, this command is also refused in transactions.
    if (client.mayNotBlock) throw new ErrorReply("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client")
    return addTopics(client, 'shard', argv)
  },
}

/** @see https://redis.io/docs/latest/commands/unsubscribe/ */
export const unsubscribe: Command<string[]> = {
  name: 'unsubscribe',
  arity: -1,
  group: 'pubsub',
  since: '2.0.0',
  summary: 'Stop listening for messages posted to the given channels',
  complexity: 'O(N) where N is the number of clients already subscribed to a channel.',
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  run: (client, argv) => removeTopics(client, 'channel', argv),
}

/** @see https://redis.io/docs/latest/commands/punsubscribe/ */
export const punsubscribe: Command<string[]> = {
  name: 'punsubscribe',
  arity: -1,
  group: 'pubsub',
  since: '2.0.0',
  summary: 'Stop listening for messages posted to channels matching the given patterns',
  complexity:
    'O(N+M) where N is the number of patterns the client is already subscribed and M is the number of total patterns subscribed in the system (by any client).',
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  run: (client, argv) => removeTopics(client, 'pattern', argv),
}

/** @see https://redis.io/docs/latest/commands/sunsubscribe/ */
export const sunsubscribe: Command<string[]> = {
  name: 'sunsubscribe',
  arity: -1,
  group: 'pubsub',
  since: '7.0.0',
  summary: 'Stop listening for messages posted to the given shard channels',
  complexity: 'O(N) where N is the number of clients already subscribed to a shard channel.',
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  keys: [keys('not_key', { last: -1 })],
  run: (client, argv) => removeTopics(client, 'shard', argv),
}

const VERBS: Readonly<Record<Topic, string>> = { channel: 'subscribe', pattern: 'psubscribe', shard: 'ssubscribe' }
const UNDO_VERBS: Readonly<Record<Topic, string>> = {
  channel: 'unsubscribe',
  pattern: 'punsubscribe',
  shard: 'sunsubscribe',
}

/** How many subscriptions the client has left, for its reply. */
function count(client: Caller, topic: Topic): number {
  return topic === 'shard' ? client.subscriptions.shard.size : client.subscribed
}

function addTopics(client: Caller, topic: Topic, argv: readonly string[]): Reply {
  for (const name of argv.slice(1)) {
    client.engine.pubsub.subscribe(client, topic, name)
    client.push(new PushReply([VERBS[topic], name, count(client, topic)]))
  }
  return NO_REPLY
}

function removeTopics(client: Caller, topic: Topic, argv: readonly string[]): Reply {
  const names = argv.length > 1 ? argv.slice(1) : [...client.subscriptions[topic]]
  for (const name of names) {
    client.engine.pubsub.unsubscribe(client, topic, name)
    client.push(new PushReply([UNDO_VERBS[topic], name, count(client, topic)]))
  }
  if (names.length === 0) client.push(new PushReply([UNDO_VERBS[topic], null, count(client, topic)]))
  return NO_REPLY
}

/** @see https://redis.io/docs/latest/commands/publish/ */
export const publish: Command<[channel: string, message: string]> = {
  name: 'publish',
  arity: 3,
  group: 'pubsub',
  since: '2.0.0',
  summary: 'Post a message to a channel',
  complexity:
    'O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).',
  flags: ['pubsub', 'loading', 'stale', 'fast', 'may_replicate'],
  run: (client, [, channel, message]) => client.engine.pubsub.publish('channel', channel, message),
}

/** @see https://redis.io/docs/latest/commands/spublish/ */
export const spublish: Command<[shardchannel: string, message: string]> = {
  name: 'spublish',
  arity: 3,
  group: 'pubsub',
  since: '7.0.0',
  summary: 'Post a message to a shard channel',
  complexity: 'O(N) where N is the number of clients subscribed to the receiving shard channel.',
  flags: ['pubsub', 'loading', 'stale', 'fast', 'may_replicate'],
  keys: [keys('not_key')],
  run: (client, [, channel, message]) => client.engine.pubsub.publish('shard', channel, message),
}
