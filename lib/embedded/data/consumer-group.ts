import { IdMap } from './id-map.ts'
import type { StreamId } from './stream-id.ts'

/** An entry that was delivered to a consumer and is not acknowledged yet. */
export interface Delivery {
  readonly id: StreamId
  consumer: Consumer
  /** In ms since 1970. */
  deliveredAt: number
  /** How many times it was delivered. */
  count: bigint
}

/** A member of a group. */
export class Consumer {
  readonly name: string
  /** The time of its last request, in ms since 1970. */
  seenAt: number
  readonly pending: IdMap<Delivery> = new IdMap()

  constructor(name: string, seenAt: number) {
    this.name = name
    this.seenAt = seenAt
  }
}

/** Consumers that share the entries of a stream: each entry is delivered to one of them. */
export class ConsumerGroup {
  /** The id of the last entry that was delivered. */
  lastId: StreamId
  /**
   * How many entries of the stream were read up to {@link lastId}; `undefined` if it is unknown.
   */
  entriesRead: bigint | undefined
  /** The entries that were delivered and not acknowledged. */
  readonly pending: IdMap<Delivery> = new IdMap()
  readonly consumers: Map<string, Consumer> = new Map()

  constructor(lastId: StreamId, entriesRead: bigint | undefined) {
    this.lastId = lastId
    this.entriesRead = entriesRead
  }

  /** Consumers in the order of their names, as Redis lists them. */
  get sortedConsumers(): readonly Consumer[] {
    return [...this.consumers.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Makes an entry pending for a consumer, even if another had it before. */
  assign(id: StreamId, consumer: Consumer, deliveredAt: number, count: bigint): Delivery {
    const known = this.pending.get(id)
    if (known === undefined) {
      const delivery = { id, consumer, deliveredAt, count }
      this.pending.set(id, delivery)
      consumer.pending.set(id, delivery)
      return delivery
    }
    if (known.consumer !== consumer) {
      known.consumer.pending.delete(id)
      known.consumer = consumer
      consumer.pending.set(id, known)
    }
    known.deliveredAt = deliveredAt
    known.count = count
    return known
  }

  /** Removes a pending entry; false if it is not pending. */
  release(id: StreamId): boolean {
    const delivery = this.pending.get(id)
    if (delivery === undefined) return false
    this.pending.delete(id)
    delivery.consumer.pending.delete(id)
    return true
  }

  /** Removes a consumer and its pending entries. */
  removeConsumer(consumer: Consumer): void {
    for (const { id } of consumer.pending.from(0n)) this.pending.delete(id)
    this.consumers.delete(consumer.name)
  }

  clone(): ConsumerGroup {
    const copy = new ConsumerGroup(this.lastId, this.entriesRead)
    for (const { name, seenAt, pending } of this.consumers.values()) {
      const consumer = new Consumer(name, seenAt)
      copy.consumers.set(name, consumer)
      for (const { id, deliveredAt, count } of pending.from(0n)) copy.assign(id, consumer, deliveredAt, count)
    }
    return copy
  }
}
