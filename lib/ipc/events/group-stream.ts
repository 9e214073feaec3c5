import { BlockingReader } from '../../link/blocking-reader.ts'
import { checkSource, type RedisSource } from '../../link/source.ts'
import { nonEmptyString } from '../../util/options.ts'
import { Commands } from '../commands.ts'
import { DeadLetters } from '../dead-letters.ts'
import { groupDeadKey } from '../keys.ts'
import type { WaitOptions } from '../options.ts'
import { processDeliveries } from '../reader/process-deliveries.ts'
import type { ReliableProcessOptions } from '../reader/process-options.ts'
import { Reader } from '../reader/reader.ts'
import type { EventDelivery, GroupEvent } from './event-delivery.ts'
import { EventFetcher } from './event-fetcher.ts'
import { checkGroupOptions, type GroupReadStreamOptions, type GroupSettings } from './group-options.ts'
import { newReaderName } from './group-reader-name.ts'
import { replayEvent } from './group-scripts.ts'
import { PendingEvents } from './pending-events.ts'

/**
 * A reader of a group. The readers of a group share the events of a stream: each event goes to one
 * of them and stays pending until it is acknowledged. It connects on first use.
 *
 * A `for await` loop yields one event after the other until the reader is closed. It continues
 * while Redis cannot be reached, which is reported to `onError`. Invalid events are reported there
 * too, and become dead letters.
 */
export class GroupReadStream<T = unknown> implements AsyncIterable<GroupEvent<T>>, AsyncDisposable {
  /** The stream's name, which is its key. */
  readonly name: string
  /** The group's name. */
  readonly group: string
  /** Events that failed too often, and invalid ones. */
  readonly deadLetters: DeadLetters
  readonly #settings: GroupSettings
  readonly #reader: Reader<EventDelivery<T>, EventFetcher<T>>

  /**
   * @param redis a URL, ioredis options or an ioredis client; a client is duplicated and never
   * closed
   * @param name the stream's name
   * @param group the group's name; the group is created on first use
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(redis: RedisSource, name: string, group: string, options: GroupReadStreamOptions = {}) {
    this.name = nonEmptyString('name', name)
    this.group = nonEmptyString('group', group)
    this.#settings = checkGroupOptions(options)
    const settings = this.#settings
    const address = checkSource(redis, name, 'group-reader')
    const commands = new Commands(address, settings)
    const consumer = newReaderName()
    const dead = groupDeadKey(name, group)
    const shared = { stream: name, dead, group, consumer, commands, settings }
    const claimIn = (ms: number) => this.#reader.feed.claimIn(ms)
    this.#reader = new Reader(
      { ...settings, name },
      (consumers) =>
        new EventFetcher<T>({
          ...shared,
          consumers,
          // The connection of the commands already reports that Redis cannot be reached.
          blocking: new BlockingReader(address, { ...settings, onError: () => {} }),
          pending: new PendingEvents({ ...shared, onSentBack: claimIn }),
        }),
    )
    this.deadLetters = new DeadLetters(dead, commands, {
      script: replayEvent,
      keys: [name],
      types: { [name]: 'stream' },
      args: [group, consumer, settings.claimIdleMs],
      onReplayed: () => claimIn(0),
    })
  }

  /**
   * Creates the group if it does not exist: events published after this has resolved will be read.
   * @throws WrongTypeError, ConnectionError, ClosedError
   * @see https://redis.io/docs/latest/commands/xgroup-create/
   */
  async open(): Promise<void> {
    this.#reader.start()
    await this.#reader.feed.open()
  }

  /**
   * Returns an event without waiting; undefined if there is none for this reader.
   * @throws as {@link GroupReadStream.bNext}
   */
  next(): Promise<GroupEvent<T> | undefined> {
    return this.#reader.next()
  }

  /**
   * Waits for an event for this reader; returns undefined if none came in time.
   * @throws ConnectionError when Redis cannot be reached, or could not at the time-out
   * @throws WrongTypeError, UnsupportedError, ClosedError, the signal's reason
   * @see https://redis.io/docs/latest/commands/xreadgroup/
   */
  bNext(options: WaitOptions = {}): Promise<GroupEvent<T> | undefined> {
    return this.#reader.bNext(options)
  }

  /**
   * Runs a handler for each event, several at once. If the handler returns, the event is
   * acknowledged; if it throws, the event is returned after `retryDelayMs` or `claimIdleMs`,
   * whichever is shorter. Neither happens if the handler settled the event itself. Resolves once
   * `signal` has fired or the reader is closed, and running handlers have ended.
   * @throws WrongTypeError, UnsupportedError, InvalidOptionError, ClosedError
   */
  process(handler: (event: GroupEvent<T>) => unknown, options: ReliableProcessOptions = {}): Promise<void> {
    const { use, onError, claimIdleMs } = this.#settings
    const handlers = { use, name: this.name, group: this.group, idOf: ({ id }: EventDelivery<T>) => id }
    return processDeliveries(this.#reader, handler, options, { handlers, onError, longestDelayMs: claimIdleMs })
  }

  [Symbol.asyncIterator](): AsyncGenerator<GroupEvent<T>, void> {
    return this.#reader.iterate((limits) => this.#reader.wait(limits))
  }

  /**
   * Takes no more events, waits up to `drainTimeoutMs` for running handlers, leaves unacknowledged
   * events to other readers, and disconnects. Waits are rejected with `ClosedError`. A second call
   * returns the first promise.
   */
  close(): Promise<void> {
    return this.#reader.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
