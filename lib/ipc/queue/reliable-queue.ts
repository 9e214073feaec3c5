import { randomUUID } from 'node:crypto'
import { BlockingReader } from '../../link/blocking-reader.ts'
import type { RedisAddress } from '../../link/source.ts'
import { Subscriber } from '../../link/subscriber.ts'
import { Commands } from '../commands.ts'
import { DeadLetters } from '../dead-letters.ts'
import { inFlightKey, type QueueKeys, queueKeys } from '../keys.ts'
import type { WaitOptions } from '../options.ts'
import { processDeliveries } from '../reader/process-deliveries.ts'
import type { ReliableProcessOptions } from '../reader/process-options.ts'
import { Reader } from '../reader/reader.ts'
import { DelayedTasks } from './delayed.ts'
import { countTasks } from './len.ts'
import type { ReliableSettings } from './options.ts'
import { PendingTasks } from './pending-tasks.ts'
import type { ReliableReadQueue } from './reader.ts'
import { replayTask } from './scripts.ts'
import type { ReliableTask } from './task.ts'
import type { TaskDelivery } from './task-delivery.ts'
import { TaskFetcher } from './task-fetcher.ts'

/** Reads a queue whose tasks stay in Redis until they are acknowledged. */
export class ReliableQueue<T> implements ReliableReadQueue<T> {
  readonly name: string
  readonly deadLetters: DeadLetters
  readonly #keys: QueueKeys
  readonly #settings: ReliableSettings
  readonly #commands: Commands
  readonly #reader: Reader<TaskDelivery<T>, TaskFetcher<T>>

  constructor(address: RedisAddress, name: string, settings: ReliableSettings) {
    const keys = queueKeys(name)
    const reader = randomUUID()
    this.name = name
    this.#keys = keys
    this.#settings = settings
    const commands = new Commands(address, settings)
    this.#commands = commands
    const delayed = new DelayedTasks({ ...settings, keys, commands })
    // The connection of the commands already reports that Redis cannot be reached.
    const silent = { ...settings, onError: () => {} }
    this.#reader = new Reader(
      { ...settings, name },
      (consumers) =>
        new TaskFetcher<T>({
          reader,
          keys,
          consumers,
          commands,
          blocking: new BlockingReader(address, silent),
          subscriber: new Subscriber(address, silent),
          delayed,
          pending: new PendingTasks(keys, inFlightKey(name, reader), settings, (delayMs) => delayed.expect(delayMs)),
          settings,
        }),
    )
    this.deadLetters = new DeadLetters(keys.dead, commands, {
      script: replayTask,
      keys: [keys.queue],
      types: { [keys.queue]: 'list' },
      args: [],
    })
  }

  len(): Promise<number> {
    return countTasks(this.#commands, this.#keys)
  }

  next(): Promise<ReliableTask<T> | undefined> {
    return this.#reader.next()
  }

  bNext(options: WaitOptions = {}): Promise<ReliableTask<T> | undefined> {
    return this.#reader.bNext(options)
  }

  process(handler: (task: ReliableTask<T>) => unknown, options: ReliableProcessOptions = {}): Promise<void> {
    const { use, onError } = this.#settings
    const handlers = { use, name: this.name, idOf: ({ uuid }: TaskDelivery<T>) => uuid }
    return processDeliveries(this.#reader, handler, options, { handlers, onError })
  }

  [Symbol.asyncIterator](): AsyncGenerator<ReliableTask<T>, void> {
    return this.#reader.iterate((limits) => this.#reader.wait(limits))
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
