import { InvalidOptionError } from '../../errors.ts'
import { BlockingReader } from '../../link/blocking-reader.ts'
import { checkSource, type RedisSource } from '../../link/source.ts'
import { knownOptions, nonEmptyString, wholeNumber } from '../../util/options.ts'
import { Commands } from '../commands.ts'
import { Contents } from '../content.ts'
import { checkIpcOptions, checkWait, type IpcOptions, type WaitLimits, type WaitOptions } from '../options.ts'
import { Reader } from '../reader/reader.ts'
import { EntryFeed } from './entry-feed.ts'
import { countEvents, type EventEntry, readEvent, type StreamEvent } from './event.ts'

/** Options of a reader of a stream. */
export interface ReadStreamOptions extends IpcOptions {
  /**
   * The event after which to start: its id, `'0'` for the beginning, or `'$'` for events from now
   * on. "Now" is when {@link ReadStream.open} resolves or, without it, when the first read begins.
   * @defaultValue '$'
   */
  readonly from?: string
  /**
   * How many events are fetched from Redis at a time, 1 to 10000; events that were not requested
   * yet are buffered in this process.
   * @defaultValue 100
   */
  readonly batchSize?: number
}

/** The defaults of the options that {@link ReadStreamOptions} adds. */
export const READ_STREAM_DEFAULTS = { from: '$', batchSize: 100 } as const

/**
 * Reads every event of a stream, each once and in order. It connects on first use.
 *
 * A `for await` loop yields one event after the other until the reader is closed. It continues
 * while Redis cannot be reached, which is reported to `onError`. Invalid events are reported there
 * too, and skipped.
 */
export class ReadStream<T = unknown> implements AsyncIterable<StreamEvent<T>>, AsyncDisposable {
  /** The stream's name, which is its key. */
  readonly name: string
  readonly #contents: Contents<T>
  readonly #reader: Reader<EventEntry, EntryFeed>

  /**
   * @param redis a URL, ioredis options or an ioredis client; a client is duplicated and never
   * closed
   * @param name the stream's name
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(redis: RedisSource, name: string, options: ReadStreamOptions = {}) {
    this.name = nonEmptyString('name', name)
    const settings = {
      ...checkIpcOptions(options),
      from: checkFrom(options.from),
      batchSize: wholeNumber('batchSize', options.batchSize, READ_STREAM_DEFAULTS.batchSize, 1, 10_000),
    }
    knownOptions(options, Object.keys(settings))
    const address = checkSource(redis, name, 'stream-reader')
    this.#contents = new Contents(settings, `the stream ${name}`)
    // The connection of the commands already reports that Redis cannot be reached.
    const blocking = new BlockingReader(address, { ...settings, onError: () => {} })
    const parts = { ...settings, name, drainTimeoutMs: 0, commands: new Commands(address, settings), blocking }
    this.#reader = new Reader(parts, (consumers) => new EntryFeed(parts, consumers))
  }

  /**
   * Determines the start position for `from: '$'`: events published after this has resolved will be
   * read.
   * @throws WrongTypeError, ConnectionError, ClosedError
   */
  async open(): Promise<void> {
    this.#reader.start()
    await this.#reader.feed.open()
  }

  /** Returns how many events the stream has. @see https://redis.io/docs/latest/commands/xlen/ */
  len(): Promise<number> {
    return countEvents(this.#reader.feed.commands, this.name)
  }

  /**
   * Returns the newest event; undefined if there is none. It does not change the read position.
   * @throws InvalidDataError when it is not a valid event
   * @throws WrongTypeError, ConnectionError, ClosedError
   * @see https://redis.io/docs/latest/commands/xrevrange/
   */
  async last(): Promise<StreamEvent<T> | undefined> {
    return this.#read(await this.#reader.feed.last())
  }

  /**
   * Waits for the next event; returns undefined if none came in time.
   * @throws InvalidDataError when it is not a valid event; the next read continues after it
   * @throws ConnectionError when Redis cannot be reached, or could not at the time-out
   * @throws WrongTypeError, ClosedError, the signal's reason
   * @see https://redis.io/docs/latest/commands/xread/
   */
  async bNext(options: WaitOptions = {}): Promise<StreamEvent<T> | undefined> {
    return this.#wait(checkWait(options))
  }

  [Symbol.asyncIterator](): AsyncGenerator<StreamEvent<T>, void> {
    return this.#reader.iterate((limits) => this.#wait(limits))
  }

  /** Rejects waits with `ClosedError` and disconnects; a second call returns the first promise. */
  close(): Promise<void> {
    return this.#reader.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #wait(limits: WaitLimits): Promise<StreamEvent<T> | undefined> {
    limits.signal?.throwIfAborted()
    this.#reader.start()
    return this.#read(this.#reader.feed.buffered() ?? (await this.#reader.wait(limits)))
  }

  #read(entry: EventEntry | undefined): StreamEvent<T> | undefined {
    return entry === undefined ? undefined : readEvent(entry, this.name, this.#contents)
  }
}

/** @throws InvalidOptionError */
export function checkFrom(from: string | undefined): string {
  if (from === undefined) return READ_STREAM_DEFAULTS.from
  if (typeof from === 'string' && (from === '$' || isId(from))) return from
  throw new InvalidOptionError('from', "'$', '0' or the id of an event", from)
}

const LARGEST = 2n ** 64n - 1n

/** An id is one or two numbers of 64 bits. */
function isId(text: string): boolean {
  return /^\d{1,20}(-\d{1,20})?$/.test(text) && text.split('-').every((part) => BigInt(part) <= LARGEST)
}
