import type { RedisSource } from '../../link/source.ts'
import { checkSource } from '../../link/source.ts'
import { nonEmptyString } from '../../util/options.ts'
import { checkReadQueueOptions, type ReadQueueOptions, type ReliableReadQueueOptions } from './options.ts'
import { PlainQueue } from './plain-queue.ts'
import type { QueueReader, ReliableReadQueue } from './reader.ts'
import { ReliableQueue } from './reliable-queue.ts'

/**
 * Reads tasks from a queue. It connects on first use.
 *
 * A `for await` loop yields one task after the other until the reader is closed. It continues while
 * Redis cannot be reached, which is reported to `onError`. Invalid tasks are reported there too.
 */
export type ReadQueue<T> = QueueReader<T>

/** Creates readers of queues. */
export interface ReadQueueConstructor {
  /**
   * Creates a reader whose tasks stay in Redis until they are acknowledged.
   *
   * @param redis where Redis is; a client is borrowed: it is duplicated and never closed
   * @param name the queue's name
   * @throws InvalidOptionError naming the option and what it accepts
   */
  new <T = unknown>(redis: RedisSource, name: string, options: ReliableReadQueueOptions): ReliableReadQueue<T>
  /**
   * Creates a plain reader, which removes each task as it reads it.
   *
   * @param redis where Redis is; a client is borrowed: it is duplicated and never closed
   * @param name the queue's name
   * @throws InvalidOptionError naming the option and what it accepts
   */
  new <T = unknown>(
    redis: RedisSource,
    name: string,
    options?: ReadQueueOptions & { readonly reliable?: false },
  ): ReadQueue<T>
}

/** @see ReadQueueConstructor */
export const ReadQueue: ReadQueueConstructor = class {
  static [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof PlainQueue || value instanceof ReliableQueue
  }

  constructor(redis: RedisSource, name: string, options: ReadQueueOptions = {}) {
    const settings = checkReadQueueOptions(options)
    const queue = nonEmptyString('name', name)
    const address = checkSource(redis, queue, 'queue-reader')
    // biome-ignore lint/correctness/noConstructorReturn: one name for both kinds of readers, told apart by `reliable`
    return 'leaseMs' in settings
      ? new ReliableQueue(address, queue, settings)
      : new PlainQueue(address, queue, settings)
  }
} as ReadQueueConstructor
