import type { ConsumerGroup, Delivery } from '../data/consumer-group.ts'
import type { Stream } from '../data/stream.ts'
import type { StreamBlock } from '../data/stream-block.ts'
import { msOf, type StreamId, sequenceOf } from '../data/stream-id.ts'
import { ListpackWriter } from './listpack-writer.ts'
import { ENTRY } from './types.ts'
import type { Writer } from './writer.ts'

/** Writes a stream with its groups. Deleted entries are counted but not written. */
export function writeStream(writer: Writer, stream: Stream): void {
  writer.length(stream.blocks.length)
  for (const block of stream.blocks) {
    writer.blob(idBytes(block.key))
    writer.blob(packBlock(block))
  }
  writer.length(stream.length)
  for (const id of [stream.lastId, stream.firstId, stream.maxDeletedId]) writeId(writer, id)
  writer.length(BigInt.asUintN(64, stream.entriesAdded))
  writer.length(stream.groups.size)
  for (const [name, group] of stream.groups) {
    writer.text(name)
    writeGroup(writer, group)
  }
}

function writeGroup(writer: Writer, group: ConsumerGroup): void {
  writeId(writer, group.lastId)
  // Redis writes -1 for an unknown number.
  writer.length(BigInt.asUintN(64, group.entriesRead ?? -1n))
  writer.length(group.pending.size)
  for (const delivery of group.pending.from(0n)) writeDelivery(writer, delivery)
  writer.length(group.consumers.size)
  for (const { name, seenAt, pending } of group.sortedConsumers) {
    writer.text(name)
    writer.int64(BigInt(seenAt))
    writer.length(pending.size)
    for (const { id } of pending.from(0n)) writer.bytes(idBytes(id))
  }
}

function writeDelivery(writer: Writer, { id, deliveredAt, count }: Delivery): void {
  writer.bytes(idBytes(id))
  writer.int64(BigInt(deliveredAt))
  writer.length(BigInt.asUintN(64, count))
}

/** The listpack of a block, as {@link readBlock} reads it. */
function packBlock(block: StreamBlock): Buffer {
  const packed = new ListpackWriter()
  packed.integer(block.live)
  packed.integer(0)
  packed.integer(block.names.length)
  for (const name of block.names) packed.text(name)
  packed.integer(0)
  for (let place = 0; place < block.places; place++) {
    const fields = block.fieldsAt(place)
    if (fields === undefined) continue
    const same = block.hasNames(fields)
    const id = block.idAt(place)
    packed.integer(same ? ENTRY.sameFields : 0)
    packed.integer(BigInt.asIntN(64, msOf(id) - msOf(block.key)))
    packed.integer(BigInt.asIntN(64, sequenceOf(id) - sequenceOf(block.key)))
    if (!same) packed.integer(fields.length / 2)
    for (let i = same ? 1 : 0; i < fields.length; i += same ? 2 : 1) packed.text(fields[i]!)
    packed.integer(same ? fields.length / 2 + 3 : fields.length + 4)
  }
  return packed.finish()
}

/** An id in 16 bytes, most significant first. */
function idBytes(id: StreamId): Buffer {
  const bytes = Buffer.allocUnsafe(16)
  bytes.writeBigUInt64BE(msOf(id), 0)
  bytes.writeBigUInt64BE(sequenceOf(id), 8)
  return bytes
}

function writeId(writer: Writer, id: StreamId): void {
  writer.length(msOf(id))
  writer.length(sequenceOf(id))
}
