import type { ConsumerGroup } from '../data/consumer-group.ts'
import type { Stream } from '../data/stream.ts'
import { formatId, type StreamId } from '../data/stream-id.ts'

type Commands = Generator<readonly string[], void, undefined>

/** Entries read from a stream at a time. */
const BATCH = 64

/** The commands that recreate a stream with its groups and their pending entries. */
export function* dumpStream(key: string, stream: Stream): Commands {
  // XCLAIM delivers only entries that exist. A pending entry that was deleted is added temporarily.
  const gone = pendingButGone(stream)
  yield* addEntries(key, stream, gone)
  for (const [name, group] of stream.groups) yield* makeGroup(key, name, group)
  yield* removeAgain(key, stream, gone)
  yield [
    'XSETID',
    key,
    formatId(stream.lastId),
    'ENTRIESADDED',
    String(stream.entriesAdded),
    'MAXDELETEDID',
    formatId(stream.maxDeletedId),
  ]
}

function pendingButGone(stream: Stream): readonly StreamId[] {
  const gone = new Set<StreamId>()
  for (const { pending } of stream.groups.values()) {
    for (const { id } of pending.from(0n)) if (!stream.has(id)) gone.add(id)
  }
  return [...gone].sort((a, b) => (a < b ? -1 : 1))
}

function* addEntries(key: string, stream: Stream, gone: readonly StreamId[]): Commands {
  let next = 0
  for (let start = 0n, entries = stream.range(0n, undefined, BATCH); entries.length > 0; ) {
    for (const { id, fields } of entries) {
      for (; next < gone.length && gone[next]! < id; next++) yield placeholder(key, gone[next]!)
      yield ['XADD', key, formatId(id), ...fields]
      start = id + 1n
    }
    entries = stream.range(start, undefined, BATCH)
  }
  for (; next < gone.length; next++) yield placeholder(key, gone[next]!)
  // This is how Redis itself creates an empty stream.
  if (stream.length + gone.length === 0) yield ['XADD', key, 'MAXLEN', '0', '0-1', 'x', 'y']
}

function placeholder(key: string, id: StreamId): readonly string[] {
  return ['XADD', key, formatId(id), 'x', 'y']
}

function* removeAgain(key: string, stream: Stream, gone: readonly StreamId[]): Commands {
  // XDEL sets the largest deleted id to that of the entry, and XSETID can only raise it afterwards.
  // An entry beyond that id was trimmed, so it comes before all existing entries, and can be
  // trimmed again.
  const removed = gone.filter((id) => id <= stream.maxDeletedId)
  for (let i = 0; i < removed.length; i += BATCH) yield ['XDEL', key, ...removed.slice(i, i + BATCH).map(formatId)]
  if (removed.length < gone.length) yield ['XTRIM', key, 'MAXLEN', '=', String(stream.length)]
}

function* makeGroup(key: string, name: string, group: ConsumerGroup): Commands {
  const read = group.entriesRead === undefined ? [] : ['ENTRIESREAD', String(group.entriesRead)]
  yield ['XGROUP', 'CREATE', key, name, formatId(group.lastId), ...read]
  for (const consumer of group.sortedConsumers) {
    yield ['XGROUP', 'CREATECONSUMER', key, name, consumer.name]
    for (const { id, deliveredAt, count } of consumer.pending.from(0n)) {
      const delivery = ['TIME', String(deliveredAt), 'RETRYCOUNT', String(count), 'JUSTID', 'FORCE']
      yield ['XCLAIM', key, name, consumer.name, '0', formatId(id), ...delivery]
    }
  }
}
