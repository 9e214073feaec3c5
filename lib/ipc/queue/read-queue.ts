import type { RedisSource } from '../../link/source.ts'
import { checkSource } from '../../link/source.ts'
import { nonEmptyString } from '../../util/options.ts'
import { checkReadQueueOptions, type ReadQueueOptions, type ReliableReadQueueOptions } from './options.ts'
import { PlainQueue } from './plain-queue.ts'
import type { QueueReader, ReliableReadQueue } from './reader.ts'
import { ReliableQueue } from './reliable-queue.ts'

/**
 * The end of a task queue that takes. It connects with the first use.
 *
 * A `for await` gives one task after the other until the reader is closed. It goes on while Redis cannot be reached, which
 * `onError` hears of; what is no task is told there too.
 */
export type ReadQueue<T> = QueueReader<T>

/** Makes readers of queues. */
export interface ReadQueueConstructor {
  /**
   * A reader whose tasks stay in Redis until they are acknowledged.
   *
   * @param redis where Redis is; a client is borrowed: it is duplicated and never closed
   * @param name the queue's name
   * @throws InvalidOptionError naming the option and what it accepts
   */
  new <T = unknown>(redis: RedisSource, name: string, options: ReliableReadQueueOptions): ReliableReadQueue<T>
  /**
   * A plain reader: a task is gone once it was read.
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
