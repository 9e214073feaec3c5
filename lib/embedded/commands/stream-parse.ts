import type { ConsumerGroup } from '../data/consumer-group.ts'
import { Stream } from '../data/stream.ts'
import { formatId, MAX_ID, MAX_PART, parseId, type StreamId, streamId, type WrittenId } from '../data/stream-id.ts'
import type { Caller } from '../engine/caller.ts'
import { WRONG_TYPE } from '../errors.ts'
import type { KeyEntry } from '../keyspace/entry.ts'
import { EVENT } from '../keyspace/events.ts'
import { ErrorReply, type Reply } from '../resp/value.ts'

const INVALID_ID: ErrorReply = new ErrorReply('ERR Invalid stream ID specified as stream command argument')

/** Reads an id whose sequence may be left to the server (`ms-*`). */
export function writtenId(text: string): WrittenId {
  const id = parseId(text)
  if (id === undefined) throw INVALID_ID
  return id
}

/** Reads an id; `missing` replaces a missing sequence. */
export function exactId(text: string, missing = 0n): StreamId {
  const id = parseExactId(text, missing)
  if (id === undefined) throw INVALID_ID
  return id
}

/** As {@link exactId}, where something else is allowed too. */
export function parseExactId(text: string, missing = 0n): StreamId | undefined {
  const id = parseId(text)
  return id === undefined || id.sequence === 'auto' ? undefined : streamId(id.ms, id.sequence ?? missing)
}

/** As {@link exactId}; `-` and `+` are the least and the greatest id. */
export function anyId(text: string, missing = 0n): StreamId {
  if (text === '-') return 0n
  return text === '+' ? MAX_ID : exactId(text, missing)
}

/** Reads the start of an interval; `(` excludes the id itself. */
export function intervalStart(text: string): StreamId {
  if (!isExclusive(text)) return anyId(text)
  const id = exactId(text.slice(1))
  if (id === MAX_ID) throw new ErrorReply('ERR invalid start ID for the interval')
  return id + 1n
}

/** Reads the end of an interval; `(` excludes the id itself. */
export function intervalEnd(text: string): StreamId {
  if (!isExclusive(text)) return anyId(text, MAX_PART)
  const id = exactId(text.slice(1), MAX_PART)
  if (id === 0n) throw new ErrorReply('ERR invalid end ID for the interval')
  return id - 1n
}

function isExclusive(text: string): boolean {
  return text.length > 1 && text.startsWith('(')
}

/** An entry as it appears in replies. */
export function entryReply({ id, fields }: { readonly id: StreamId; readonly fields: readonly string[] }): Reply {
  return [formatId(id), fields]
}

/** The group that a command names. */
export function findGroup({ db }: Caller, key: string, name: string): { stream: Stream; group: ConsumerGroup } {
  return groupIn(db.find(key), key, name)
}

/** As {@link findGroup}, for an entry that was looked up before. */
export function groupIn(
  entry: KeyEntry | undefined,
  key: string,
  name: string,
): { stream: Stream; group: ConsumerGroup } {
  const stream = entry?.value
  if (stream !== undefined && !(stream instanceof Stream)) throw WRONG_TYPE
  const group = stream?.groups.get(name)
  if (stream === undefined || group === undefined) {
    throw new ErrorReply(`NOGROUP No such key '${key}' or consumer group '${name}'`)
  }
  return { stream, group }
}

/**
 * Reports a change that does not affect the entries. As in Redis, it is not a change for clients
 * that watch the key or wait for entries.
 */
export function changedBeside({ db, engine }: Caller, key: string, event: string): void {
  engine.dirty++
  db.notify(EVENT.stream, event, key)
}
