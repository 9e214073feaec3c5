import { keysAfter } from '../catalog/key-spec.ts'
import { Stream } from '../data/stream.ts'
import { MAX_ID, type StreamId } from '../data/stream-id.ts'
import type { Caller } from '../engine/caller.ts'
import type { Command } from '../engine/command.ts'
import { ErrorReply, MapReply, NULL_ARRAY, type Reply } from '../resp/value.ts'
import { deliver, deliverAgain, type GroupPlace } from './stream-deliver.ts'
import { entryReply, exactId } from './stream-parse.ts'
import { parseRead, type ReadRequest } from './stream-read-options.ts'

/** @see https://redis.io/docs/latest/commands/xread/ */
export const xread: Command<[option: string, value: string, more: string, ...rest: string[]]> = {
  name: 'xread',
  arity: -4,
  group: 'stream',
  since: '5.0.0',
  summary:
    'Return never seen elements in multiple streams, with IDs greater than the ones reported by the caller for each stream. Can block.',
  complexity:
    'For each stream mentioned: O(N) with N being the number of elements being returned, it means that XREAD-ing with a fixed COUNT is O(1). Note that when the BLOCK option is used, XADD will pay O(M) time in order to serve the M clients blocked on the stream getting new data.',
  flags: ['readonly', 'blocking'],
  keys: [keysAfter('STREAMS', 1, 'RO access', -1, 2)],
  run: (client, argv) => read(client, argv, false),
}

/** @see https://redis.io/docs/latest/commands/xreadgroup/ */
export const xreadgroup: Command<
  [word: string, group: string, consumer: string, streams: string, key: string, id: string, ...rest: string[]]
> = {
  name: 'xreadgroup',
  arity: -7,
  group: 'stream',
  since: '5.0.0',
  summary:
    'Return new entries from a stream using a consumer group, or access the history of the pending entries for a given consumer. Can block.',
  complexity:
    'For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream getting new data.',
  flags: ['write', 'blocking'],
  keys: [keysAfter('STREAMS', 4, 'RO access', -1, 2)],
  run: (client, argv) => read(client, argv, true),
}

/** One of the streams to read. */
interface Source {
  readonly key: string
  /**
   * Entries after this one are read; for a group, {@link NEW} means those that were not delivered
   * yet.
   */
  readonly after: StreamId
}

/** The id that represents `>`: no entry can come after it. */
const NEW = MAX_ID

function read(client: Caller, argv: readonly string[], inGroup: boolean): Reply {
  const request = parseRead(client, argv, inGroup)
  const sources = request.keys.map((key, i) => parseSource(client, request, key, request.ids[i]!))
  const flat: Reply[] = []
  const writes: string[][] = []
  for (const source of sources) {
    const stream = client.db.get(source.key, Stream)
    const entries = stream && readNow(client, stream, request, source, writes)
    if (entries !== undefined) flat.push(source.key, entries)
  }
  if (flat.length > 0) {
    client.engine.propagation.rewriteAs(writes)
    return byStream(client, flat)
  }
  if (request.until === undefined) return NULL_ARRAY
  return block(client, request, sources)
}

function parseSource({ db }: Caller, { group }: ReadRequest, key: string, text: string): Source {
  const stream = db.get(key, Stream)
  if (group !== undefined && stream?.groups.get(group.name) === undefined) {
    throw new ErrorReply(
      `NOGROUP No such key '${key}' or consumer group '${group.name}' in XREADGROUP with GROUP option`,
    )
  }
  if (text === '$') {
    if (group !== undefined) throw LAST_IN_GROUP
    return { key, after: stream?.lastId ?? 0n }
  }
  if (text === '>') {
    if (group === undefined) throw NEW_WITHOUT_GROUP
    return { key, after: NEW }
  }
  return { key, after: exactId(text) }
}

const LAST_IN_GROUP = new ErrorReply(
  'ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.',
)
const NEW_WITHOUT_GROUP = new ErrorReply(
  'ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.',
)

/** The entries that can be read without blocking; `undefined` if there are none. */
function readNow(
  client: Caller,
  stream: Stream,
  request: ReadRequest,
  { key, after }: Source,
  writes: string[][],
): Reply | undefined {
  if (request.group === undefined) {
    return stream.topId > after ? stream.range(after + 1n, undefined, request.count).map(entryReply) : undefined
  }
  const place: GroupPlace = { key, name: request.group.name, group: stream.groups.get(request.group.name)! }
  if (after !== NEW) return deliverAgain(client, stream, place, request.group, after + 1n, writes)
  const { lastId } = place.group
  return stream.topId > lastId ? deliver(client, stream, place, request.group, lastId + 1n, writes) : undefined
}

/**
 * Streams with their entries: a map in RESP3, and pairs in RESP2, where a map would be flattened.
 */
function byStream({ protocol }: Caller, flat: readonly Reply[]): Reply {
  if (protocol === 3) return new MapReply(flat)
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2]!, flat[i * 2 + 1]!])
}

/** The number of entries that a client gets if it has waited and set no limit. */
const COUNT_AFTER_WAIT = 1000

/**
 * Blocks a client until entries arrive. Redis wakes it when an entry is added or when the stream or
 * a group is deleted, but not for other changes, even if there is something to read afterwards.
 */
function block(client: Caller, request: ReadRequest, sources: readonly Source[]): Reply {
  const { db } = client
  const count = request.count === Infinity ? COUNT_AFTER_WAIT : request.count
  const seen = new Map<string, { readonly after: StreamId; stream: Stream | undefined; version: number }>()
  for (const { key, after } of sources) {
    if (seen.has(key)) continue
    const value = db.peek(key)?.value
    const stream = value instanceof Stream ? value : undefined
    seen.set(key, { after, stream, version: stream?.version ?? 0 })
  }
  const serve = (key: string): Reply | undefined => {
    const stream = db.peek(key)?.value
    if (!(stream instanceof Stream)) return request.group === undefined ? undefined : STREAM_GONE
    const last = seen.get(key)!
    if (last.stream === stream && last.version === stream.version) return undefined
    last.stream = stream
    last.version = stream.version
    const writes: string[][] = []
    const entries = readAfterWait(client, stream, { ...request, count }, { key, after: last.after }, writes)
    client.engine.propagation.rewriteAs(writes)
    return entries === undefined ? undefined : byStream(client, [key, entries])
  }
  const mindsRemoval = request.group !== undefined
  return client.block({ keys: [...seen.keys()], until: request.until!, timeoutReply: NULL_ARRAY, serve, mindsRemoval })
}

/**
 * As {@link readNow}, but an entry that was added and deleted in the meantime also ends the wait,
 * with an empty list.
 */
function readAfterWait(
  client: Caller,
  stream: Stream,
  { group: demand, count }: ReadRequest,
  { key, after }: Source,
  writes: string[][],
): Reply | undefined {
  if (demand === undefined) {
    return stream.lastId > after ? stream.range(after + 1n, undefined, count).map(entryReply) : undefined
  }
  const group = stream.groups.get(demand.name)
  if (group === undefined) throw GROUP_GONE
  if (stream.lastId <= group.lastId) return undefined
  const place = { key, name: demand.name, group }
  return deliver(client, stream, place, { ...demand, count }, group.lastId + 1n, writes)
}

const STREAM_GONE = new ErrorReply('UNBLOCKED the stream key no longer exists')
const GROUP_GONE = new ErrorReply('NOGROUP the consumer group this client was blocked on no longer exists')
