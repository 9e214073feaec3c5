import { Consumer, ConsumerGroup } from '../data/consumer-group.ts'
import { IdMap } from '../data/id-map.ts'
import { Stream } from '../data/stream.ts'
import { type StreamId, streamId } from '../data/stream-id.ts'
import { distance } from '../data/stream-progress.ts'
import { BadPayload } from './bad-payload.ts'
import { readBlock } from './read-stream-block.ts'
import type { Reader } from './reader.ts'

/** What each version of the stream format contains: Redis 5.0, 7.0 and 7.2. */
export type StreamForm = 1 | 2 | 3

const ID_BYTES = 16
/** The minimum size of a pending entry, a consumer and a group. */
const DELIVERY_BYTES = ID_BYTES + 9
const CONSUMER_BYTES = 10
const GROUP_BYTES = 5

/** Reads a stream with its groups, their consumers and their pending entries. */
export function readStream(reader: Reader, form: StreamForm): Stream {
  const stream = new Stream()
  for (let left = reader.count(ID_BYTES); left > 0; left--) {
    stream.adopt(readBlock(keyOf(reader.blob()), reader.blob(), stream.topId, reader.budget))
  }
  if (reader.bigLength() !== BigInt(stream.length)) throw new BadPayload('a stream has counted wrongly')
  stream.lastId = idOfLengths(reader)
  if (stream.lastId < stream.topId) throw new BadPayload('an entry of a stream comes after the last one')
  if (form === 1) stream.entriesAdded = BigInt(stream.length)
  else {
    // The first id, which the entries also contain.
    idOfLengths(reader)
    stream.maxDeletedId = idOfLengths(reader)
    stream.entriesAdded = BigInt.asIntN(64, reader.bigLength())
  }
  for (let left = reader.count(GROUP_BYTES); left > 0; left--) {
    const name = reader.text()
    if (stream.groups.has(name)) throw new BadPayload('a stream has a group twice')
    stream.groups.set(name, readGroup(reader, stream, form))
  }
  return stream
}

function readGroup(reader: Reader, stream: Stream, form: StreamForm): ConsumerGroup {
  const lastId = idOfLengths(reader)
  const group = new ConsumerGroup(lastId, form === 1 ? distance(stream, lastId) : unlessUnknown(reader.bigLength()))
  const deliveries = readDeliveries(reader)
  for (let left = reader.count(CONSUMER_BYTES); left > 0; left--) {
    const name = reader.text()
    if (group.consumers.has(name)) throw new BadPayload('a group has a consumer twice')
    const consumer = new Consumer(name, Number(reader.int64()))
    // When the consumer last got an entry; Redis 7.0 does not store it.
    if (form === 3) reader.int64()
    group.consumers.set(name, consumer)
    assignDeliveries(reader, group, consumer, deliveries)
  }
  if (group.pending.size !== deliveries.size) throw new BadPayload('an entry is pending for nobody')
  return group
}

interface DeliveryFacts {
  readonly deliveredAt: number
  readonly count: bigint
}

function readDeliveries(reader: Reader): IdMap<DeliveryFacts> {
  const deliveries = new IdMap<DeliveryFacts>()
  const count = reader.count(DELIVERY_BYTES)
  for (let i = 0; i < count; i++) {
    const id = keyOf(reader.bytes(ID_BYTES))
    deliveries.set(id, { deliveredAt: Number(reader.int64()), count: BigInt.asIntN(64, reader.bigLength()) })
  }
  if (deliveries.size !== count) throw new BadPayload('an entry is pending twice')
  return deliveries
}

function assignDeliveries(
  reader: Reader,
  group: ConsumerGroup,
  consumer: Consumer,
  deliveries: IdMap<DeliveryFacts>,
): void {
  for (let left = reader.count(ID_BYTES); left > 0; left--) {
    const id = keyOf(reader.bytes(ID_BYTES))
    const facts = deliveries.get(id)
    if (facts === undefined || group.pending.get(id) !== undefined) {
      throw new BadPayload('an entry is pending for a consumer, but not once for the group')
    }
    group.assign(id, consumer, facts.deliveredAt, facts.count)
  }
}

/** Redis writes -1 for an unknown number of entries read by a group. */
function unlessUnknown(entriesRead: bigint): bigint | undefined {
  const signed = BigInt.asIntN(64, entriesRead)
  return signed === -1n ? undefined : signed
}

/** An id in 16 bytes, most significant first: this way, ids sort as text. */
function keyOf(bytes: Buffer): StreamId {
  if (bytes.length !== ID_BYTES) throw new BadPayload('an id of a stream has a wrong length')
  return streamId(bytes.readBigUInt64BE(0), bytes.readBigUInt64BE(8))
}

function idOfLengths(reader: Reader): StreamId {
  const ms = reader.bigLength()
  return streamId(ms, reader.bigLength())
}
