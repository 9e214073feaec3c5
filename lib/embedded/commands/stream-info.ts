import { keys } from '../catalog/key-spec.ts'
import type { Consumer, ConsumerGroup } from '../data/consumer-group.ts'
import { radixNodes } from '../data/radix-size.ts'
import { Stream } from '../data/stream.ts'
import { formatId, MAX_ID } from '../data/stream-id.ts'
import { lag } from '../data/stream-progress.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { NO_SUCH_KEY, subcommandArity } from '../errors.ts'
import { ErrorReply, MapReply, type Reply } from '../resp/value.ts'
import { helpReply } from './help.ts'
import { integer } from './parse.ts'
import { entryReply } from './stream-parse.ts'

/** @see https://redis.io/docs/latest/commands/xinfo-stream/ */
export const xinfoStream: Command<[sub: string, key: string, ...options: string[]]> = {
  name: 'stream',
  arity: -3,
  group: 'stream',
  since: '5.0.0',
  summary: 'Get information about a stream',
  complexity: 'O(1)',
  flags: ['readonly'],
  keys: [keys('RO access', { at: 2 })],
  run(client, argv) {
    const stream = existing(client, argv[2])
    const count = parseFull(argv)
    const facts = [...common(stream), ...(count === undefined ? ends(stream) : everything(stream, count))]
    return new MapReply(facts)
  },
}

/** Reads `[FULL [COUNT count]]`; returns how many of each to show, or `undefined` without FULL. */
function parseFull(argv: readonly string[]): number | undefined {
  const [, sub, , full, word, countText] = argv
  if (full === undefined) return undefined
  const fits = full.toUpperCase() === 'FULL' && (word === undefined || word.toUpperCase() === 'COUNT')
  if (!fits || (argv.length !== 4 && argv.length !== 6)) throw subcommandArity('XINFO', sub!)
  const count = countText === undefined ? 10 : integer(countText)
  if (count < 0) return 10
  return count === 0 ? Infinity : count
}

function common(stream: Stream): Reply[] {
  const keysOfBlocks = stream.blocks.map((block) => block.key)
  return [
    ...['length', stream.length],
    ...['radix-tree-keys', keysOfBlocks.length],
    ...['radix-tree-nodes', radixNodes(keysOfBlocks)],
    ...['last-generated-id', formatId(stream.lastId)],
    ...['max-deleted-entry-id', formatId(stream.maxDeletedId)],
    ...['entries-added', BigInt.asIntN(64, stream.entriesAdded)],
    ...['recorded-first-entry-id', formatId(stream.firstId)],
  ]
}

function ends(stream: Stream): Reply[] {
  const [first] = stream.range(0n, MAX_ID, 1)
  const [last] = stream.reverseRange(0n, MAX_ID, 1)
  return [
    ...['groups', stream.groups.size],
    ...['first-entry', first === undefined ? null : entryReply(first)],
    ...['last-entry', last === undefined ? null : entryReply(last)],
  ]
}

function everything(stream: Stream, count: number): Reply[] {
  const groups = sortedGroups(stream).map(([name, group]) => fullGroup(stream, name, group, count))
  return ['entries', stream.range(0n, MAX_ID, count).map(entryReply), 'groups', groups]
}

function fullGroup(stream: Stream, name: string, group: ConsumerGroup, count: number): Reply {
  const pending: Reply[] = []
  for (const { id, consumer, deliveredAt, count: deliveries } of group.pending.from(0n)) {
    if (pending.length >= count) break
    pending.push([formatId(id), consumer.name, deliveredAt, BigInt.asIntN(64, deliveries)])
  }
  return new MapReply([
    ...['name', name],
    ...progress(stream, group),
    ...['pel-count', group.pending.size],
    ...['pending', pending],
    ...['consumers', group.sortedConsumers.map((consumer) => fullConsumer(consumer, count))],
  ])
}

function fullConsumer({ name, seenAt, pending }: Consumer, count: number): Reply {
  const deliveries: Reply[] = []
  for (const { id, deliveredAt, count: times } of pending.from(0n)) {
    if (deliveries.length >= count) break
    deliveries.push([formatId(id), deliveredAt, BigInt.asIntN(64, times)])
  }
  return new MapReply(['name', name, 'seen-time', seenAt, 'pel-count', pending.size, 'pending', deliveries])
}

/** How far a group has read. */
function progress(stream: Stream, group: ConsumerGroup): Reply[] {
  const behind = lag(stream, group)
  return [
    ...['last-delivered-id', formatId(group.lastId)],
    ...['entries-read', group.entriesRead ?? null],
    ...['lag', behind === undefined ? null : BigInt.asIntN(64, behind)],
  ]
}

/** @see https://redis.io/docs/latest/commands/xinfo-groups/ */
export const xinfoGroups: Command<[sub: string, key: string]> = {
  name: 'groups',
  arity: 3,
  group: 'stream',
  since: '5.0.0',
  summary: 'List the consumer groups of a stream',
  complexity: 'O(1)',
  flags: ['readonly'],
  keys: [keys('RO access', { at: 2 })],
  run(client, argv) {
    const stream = existing(client, argv[2])
    return sortedGroups(stream).map(([name, group]) => {
      const counts = ['consumers', group.consumers.size, 'pending', group.pending.size]
      return new MapReply(['name', name, ...counts, ...progress(stream, group)])
    })
  },
}

/** @see https://redis.io/docs/latest/commands/xinfo-consumers/ */
export const xinfoConsumers: Command<[sub: string, key: string, group: string]> = {
  name: 'consumers',
  arity: 4,
  group: 'stream',
  since: '5.0.0',
  summary: 'List the consumers in a consumer group',
  complexity: 'O(1)',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  keys: [keys('RO access', { at: 2 })],
  run(client, [, , key, groupName]) {
    const group = existing(client, key).groups.get(groupName)
    if (group === undefined) throw new ErrorReply(`NOGROUP No such consumer group '${groupName}' for key name '${key}'`)
    return group.sortedConsumers.map(({ name, pending, seenAt }) => {
      const idle = Math.max(0, client.engine.now - seenAt)
      return new MapReply(['name', name, 'pending', pending.size, 'idle', idle])
    })
  },
}

/** @see https://redis.io/docs/latest/commands/xinfo-help/ */
export const xinfoHelp: Command<[sub: string]> = {
  name: 'help',
  arity: 2,
  group: 'stream',
  since: '5.0.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: () => helpReply('XINFO', HELP),
}

/** @see https://redis.io/docs/latest/commands/xinfo/ */
export const xinfo: Command<[sub: string, ...arguments_: string[]]> = {
  name: 'xinfo',
  arity: -2,
  group: 'stream',
  since: '5.0.0',
  summary: 'A container for stream introspection commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  categories: [],
  subcommands: [xinfoStream, xinfoConsumers, xinfoHelp, xinfoGroups],
}

function existing({ db }: Caller, key: string): Stream {
  const stream = db.get(key, Stream)
  if (stream === undefined) throw NO_SUCH_KEY
  return stream
}

/** Groups in the order of their names, as Redis lists them. */
function sortedGroups({ groups }: Stream): [name: string, group: ConsumerGroup][] {
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
}

const HELP = `
CONSUMERS <key> <groupname>
    Show consumers of <groupname>.
GROUPS <key>
    Show the stream consumer groups.
STREAM <key> [FULL [COUNT <count>]
    Show information about the stream.
`
