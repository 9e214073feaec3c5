import { Consumer, type ConsumerGroup, type Delivery } from '../data/consumer-group.ts'
import type { Stream } from '../data/stream.ts'
import { formatId, type StreamId } from '../data/stream-id.ts'
import { advance } from '../data/stream-progress.ts'
import type { Caller } from '../engine/caller.ts'
import { NULL_ARRAY, type Reply } from '../resp/value.ts'
import { changedBeside, entryReply } from './stream-parse.ts'

/** A group in its stream, with the names that are used to propagate its changes. */
export interface GroupPlace {
  readonly key: string
  readonly name: string
  readonly group: ConsumerGroup
}

/** The consumer with that name, created if there is none; it counts as seen. */
export function takeConsumer(client: Caller, { key, group }: GroupPlace, name: string): Consumer {
  let consumer = group.consumers.get(name)
  if (consumer === undefined) {
    consumer = new Consumer(name, client.engine.now)
    group.consumers.set(name, consumer)
    changedBeside(client, key, 'xgroup-createconsumer')
  }
  consumer.seenAt = client.engine.now
  return consumer
}

/**
 * A delivery as the command that propagates it. Applying it again changes nothing.
 * @param idText - the id as the client wrote it
 */
export function claimWrite(
  { key, name, group }: GroupPlace,
  delivery: Delivery,
  idText: string = formatId(delivery.id),
): string[] {
  const { consumer, deliveredAt, count } = delivery
  const facts = ['TIME', `${deliveredAt}`, 'RETRYCOUNT', `${BigInt.asIntN(64, count)}`]
  const end = ['FORCE', 'JUSTID', 'LASTID', formatId(group.lastId)]
  return ['XCLAIM', key, name, consumer.name, '0', idText, ...facts, ...end]
}

/** How far a group has read, as the command that propagates it. */
export function progressWrite({ key, name, group }: GroupPlace): string[] {
  const read = group.entriesRead ?? -1n
  return ['XGROUP', 'SETID', key, name, formatId(group.lastId), 'ENTRIESREAD', `${read}`]
}

/** What a consumer asks for. */
export interface Demand {
  readonly consumerName: string
  /** The greatest number of entries. */
  readonly count: number
  /** Whether entries count as acknowledged when they are delivered. */
  readonly noAck: boolean
}

/**
 * Delivers new entries to a consumer.
 * @param writes - collects the commands to propagate
 */
export function deliver(
  client: Caller,
  stream: Stream,
  place: GroupPlace,
  demand: Demand,
  start: StreamId,
  writes: string[][],
): Reply {
  const { group } = place
  const { now } = client.engine
  const consumer = demandingConsumer(client, place, demand, writes)
  const entries = stream.range(start, undefined, demand.count)
  let moved = false
  for (const { id } of entries) {
    if (id > group.lastId) {
      advance(stream, group, id)
      moved = true
    }
    if (!demand.noAck) writes.push(claimWrite(place, group.assign(id, consumer, now, 1n)))
  }
  if (moved && demand.noAck) writes.push(progressWrite(place))
  if (entries.length > 0) client.engine.dirty++
  return entries.map(entryReply)
}

/** Delivers again the entries that a consumer has not acknowledged, from an id on. */
export function deliverAgain(
  client: Caller,
  stream: Stream,
  place: GroupPlace,
  demand: Demand,
  start: StreamId,
  writes: string[][],
): Reply {
  const consumer = demandingConsumer(client, place, demand, writes)
  const replies: Reply[] = []
  for (const delivery of consumer.pending.from(start)) {
    if (replies.length >= demand.count) break
    const [entry] = stream.range(delivery.id, delivery.id)
    if (entry === undefined) replies.push([formatId(delivery.id), NULL_ARRAY])
    else {
      delivery.deliveredAt = client.engine.now
      delivery.count++
      replies.push(entryReply(entry))
    }
  }
  return replies
}

/**
 * A propagated claim also creates its consumer. With NOACK nothing is claimed, so the consumer is
 * propagated separately.
 */
function demandingConsumer(client: Caller, place: GroupPlace, demand: Demand, writes: string[][]): Consumer {
  const isNew = !place.group.consumers.has(demand.consumerName)
  const consumer = takeConsumer(client, place, demand.consumerName)
  if (isNew && demand.noAck) writes.push(['XGROUP', 'CREATECONSUMER', place.key, place.name, consumer.name])
  return consumer
}
