import type { ConsumerGroup } from './consumer-group.ts'
import type { Stream } from './stream.ts'
import type { StreamId } from './stream-id.ts'

/**
 * How many entries were ever added up to an id, if the counters show it.
 * @returns `undefined` in the middle of a stream, where nothing is counted
 */
export function distance(stream: Stream, id: StreamId): bigint | undefined {
  const { entriesAdded, lastId, maxDeletedId, length, firstId } = stream
  if (entriesAdded === 0n) return 0n
  if (length === 0 && id <= lastId) return entriesAdded
  if (id === lastId) return entriesAdded
  if (id > lastId) return undefined
  if (maxDeletedId !== 0n && maxDeletedId >= firstId) return undefined
  if (id < firstId) return entriesAdded - BigInt(length)
  return id === firstId ? entriesAdded - BigInt(length) + 1n : undefined
}

/** Whether an entry was deleted from the middle of the stream after an id. */
function hasGapsAfter({ length, firstId, maxDeletedId }: Stream, id: StreamId): boolean {
  return length > 0 && firstId <= maxDeletedId && id <= maxDeletedId
}

/** Advances a group to an entry that it is about to deliver. */
export function advance(stream: Stream, group: ConsumerGroup, id: StreamId): void {
  if (group.entriesRead !== undefined && !hasGapsAfter(stream, id)) {
    group.entriesRead = BigInt.asIntN(64, group.entriesRead + 1n)
  } else if (stream.entriesAdded !== 0n) group.entriesRead = distance(stream, id)
  group.lastId = id
}

/** How many entries a group has not read yet; `undefined` if it is unknown. */
export function lag(stream: Stream, group: ConsumerGroup): bigint | undefined {
  if (stream.entriesAdded === 0n) return 0n
  const read =
    group.entriesRead !== undefined && !hasGapsAfter(stream, group.lastId)
      ? group.entriesRead
      : distance(stream, group.lastId)
  return read === undefined ? undefined : stream.entriesAdded - read
}
