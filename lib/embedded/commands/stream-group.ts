import { keys } from '../catalog/key-spec.ts'
import { Consumer, ConsumerGroup } from '../data/consumer-group.ts'
import { Stream } from '../data/stream.ts'
import type { StreamId } from '../data/stream-id.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { subcommandArity } from '../errors.ts'
import { ErrorReply, OK } from '../resp/value.ts'
import { helpReply } from './help.ts'
import { bigInteger } from './parse.ts'
import { anyId, changedBeside, exactId } from './stream-parse.ts'

/** @see https://redis.io/docs/latest/commands/xgroup-create/ */
export const xgroupCreate: Command<[sub: string, key: string, group: string, id: string, ...options: string[]]> = {
  name: 'create',
  arity: -5,
  group: 'stream',
  since: '5.0.0',
  summary: 'Create a consumer group.',
  complexity: 'O(1)',
  flags: ['write', 'denyoom'],
  keys: [keys('RW insert', { at: 2 })],
  run(client, argv) {
    const { db } = client
    const [, sub, key, name, idText] = argv
    const options = parseOptions(argv, true)
    let stream = db.takeAs(key, Stream)
    if (stream === undefined && !options.makeStream) throw KEY_NEEDED
    if (argv.length > 8) throw subcommandArity('XGROUP', sub)
    const id = idText === '$' ? (stream?.lastId ?? 0n) : exactId(idText)
    if (stream === undefined) {
      stream = new Stream()
      db.add(key, stream)
      db.touch(key)
    }
    if (stream.groups.has(name)) throw new ErrorReply('BUSYGROUP Consumer Group name already exists')
    stream.groups.set(name, new ConsumerGroup(id, options.entriesRead))
    changedBeside(client, key, 'xgroup-create')
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/xgroup-setid/ */
export const xgroupSetid: Command<[sub: string, key: string, group: string, id: string, ...options: string[]]> = {
  name: 'setid',
  arity: -5,
  group: 'stream',
  since: '5.0.0',
  summary: 'Set a consumer group to an arbitrary last delivered ID value.',
  complexity: 'O(1)',
  flags: ['write'],
  keys: [keys('RW update', { at: 2 })],
  run(client, argv) {
    const [, sub, key, name, idText] = argv
    const { entriesRead } = parseOptions(argv, false)
    const { stream, group } = existingGroup(client, key, name)
    if (argv.length !== 5 && argv.length !== 7) throw subcommandArity('XGROUP', sub)
    const id: StreamId = idText === '$' ? stream.lastId : anyId(idText)
    group.lastId = id
    group.entriesRead = entriesRead
    changedBeside(client, key, 'xgroup-setid')
    return OK
  },
}

/** @see https://redis.io/docs/latest/commands/xgroup-destroy/ */
export const xgroupDestroy: Command<[sub: string, key: string, group: string]> = {
  name: 'destroy',
  arity: 4,
  group: 'stream',
  since: '5.0.0',
  summary: 'Destroy a consumer group.',
  complexity: "O(N) where N is the number of entries in the group's pending entries list (PEL).",
  flags: ['write'],
  keys: [keys('RW delete', { at: 2 })],
  run(client, [, , key, name]) {
    const stream = client.db.takeAs(key, Stream)
    if (stream === undefined) throw KEY_NEEDED
    if (!stream.groups.delete(name)) return 0
    changedBeside(client, key, 'xgroup-destroy')
    // Clients that wait for entries of this group are released.
    stream.version++
    client.engine.keyReady(client.db, key)
    return 1
  },
}

/** @see https://redis.io/docs/latest/commands/xgroup-createconsumer/ */
export const xgroupCreateconsumer: Command<[sub: string, key: string, group: string, consumer: string]> = {
  name: 'createconsumer',
  arity: 5,
  group: 'stream',
  since: '6.2.0',
  summary: 'Create a consumer in a consumer group.',
  complexity: 'O(1)',
  flags: ['write', 'denyoom'],
  keys: [keys('RW insert', { at: 2 })],
  run(client, [, , key, name, consumerName]) {
    const { group } = existingGroup(client, key, name)
    if (group.consumers.has(consumerName)) return 0
    group.consumers.set(consumerName, new Consumer(consumerName, client.engine.now))
    changedBeside(client, key, 'xgroup-createconsumer')
    return 1
  },
}

/** @see https://redis.io/docs/latest/commands/xgroup-delconsumer/ */
export const xgroupDelconsumer: Command<[sub: string, key: string, group: string, consumer: string]> = {
  name: 'delconsumer',
  arity: 5,
  group: 'stream',
  since: '5.0.0',
  summary: 'Delete a consumer from a consumer group.',
  complexity: 'O(1)',
  flags: ['write'],
  keys: [keys('RW delete', { at: 2 })],
  run(client, [, , key, name, consumerName]) {
    const { group } = existingGroup(client, key, name)
    const consumer = group.consumers.get(consumerName)
    if (consumer === undefined) return 0
    group.removeConsumer(consumer)
    changedBeside(client, key, 'xgroup-delconsumer')
    return consumer.pending.size
  },
}

/** @see https://redis.io/docs/latest/commands/xgroup-help/ */
export const xgroupHelp: Command<[sub: string]> = {
  name: 'help',
  arity: 2,
  group: 'stream',
  since: '5.0.0',
  summary: 'Show helpful text about the different subcommands',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: () => helpReply('XGROUP', HELP),
}

/** @see https://redis.io/docs/latest/commands/xgroup/ */
export const xgroup: Command<[sub: string, ...arguments_: string[]]> = {
  name: 'xgroup',
  arity: -2,
  group: 'stream',
  since: '5.0.0',
  summary: 'A container for consumer groups commands',
  complexity: 'Depends on subcommand.',
  flags: [],
  categories: [],
  subcommands: [xgroupDestroy, xgroupCreate, xgroupCreateconsumer, xgroupSetid, xgroupDelconsumer, xgroupHelp],
}

interface Options {
  readonly makeStream: boolean
  readonly entriesRead: bigint | undefined
}

function parseOptions(argv: readonly string[], create: boolean): Options {
  let makeStream = false
  let entriesRead: bigint | undefined
  for (let i = 5; i < argv.length; i++) {
    const word = argv[i]!.toUpperCase()
    if (word === 'MKSTREAM' && create) makeStream = true
    else if (word === 'ENTRIESREAD' && i + 1 < argv.length) {
      const read = bigInteger(argv[++i]!)
      if (read < -1n) throw new ErrorReply('ERR value for ENTRIESREAD must be positive or -1')
      entriesRead = read === -1n ? undefined : read
    } else throw subcommandArity('XGROUP', argv[1]!)
  }
  return { makeStream, entriesRead }
}

function existingGroup({ db }: Caller, key: string, name: string): { stream: Stream; group: ConsumerGroup } {
  const stream = db.takeAs(key, Stream)
  if (stream === undefined) throw KEY_NEEDED
  const group = stream.groups.get(name)
  if (group === undefined) throw new ErrorReply(`NOGROUP No such consumer group '${name}' for key name '${key}'`)
  return { stream, group }
}

const KEY_NEEDED = new ErrorReply(
  'ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.',
)

const HELP = `
CREATE <key> <groupname> <id|$> [option]
    Create a new consumer group. Options are:
    * MKSTREAM
      Create the empty stream if it does not exist.
    * ENTRIESREAD entries_read
      Set the group's entries_read counter (internal use).
CREATECONSUMER <key> <groupname> <consumer>
    Create a new consumer in the specified group.
DELCONSUMER <key> <groupname> <consumer>
    Remove the specified consumer.
DESTROY <key> <groupname>
    Remove the specified group.
SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]
    Set the current group ID and entries_read counter.
`
