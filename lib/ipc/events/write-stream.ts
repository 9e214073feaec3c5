import { checkUse, type MiddlewareOption } from '../../chain/middleware.ts'
import { Outgoing } from '../../chain/outgoing.ts'
import { ClosedError } from '../../errors.ts'
import { checkSource, type RedisSource } from '../../link/source.ts'
import { knownOptions, nonEmptyString, wholeNumber } from '../../util/options.ts'
import { waitAtMost } from '../../util/within.ts'
import { checkMetadata, type Metadata } from '../../wire/metadata.ts'
import { Commands } from '../commands.ts'
import { Contents } from '../content.ts'
import { Publishing } from '../middleware.ts'
import { CLOSE_MS, checkIpcOptions, type IpcOptions, type IpcSettings } from '../options.ts'
import { countEvents, eventFields } from './event.ts'

/** Options of a writer of a stream. */
export interface WriteStreamOptions extends IpcOptions, MiddlewareOption {
  /**
   * Roughly how many events the stream keeps; at least 1. Redis removes older ones in blocks,
   * whether or not they were read.
   * @defaultValue 100000
   */
  readonly maxEvents?: number
}

/** The defaults of the options that {@link WriteStreamOptions} adds. */
export const WRITE_STREAM_DEFAULTS = { maxEvents: 100_000 } as const

/** Options for publishing an event. */
export interface PublishEventOptions {
  /**
   * Strings that are sent with the content, at most 16 384 characters in all.
   * @defaultValue none
   */
  readonly metadata?: Readonly<Record<string, string>>
}

/** Writes events to a stream. It connects on first use. */
export class WriteStream<T = unknown> implements AsyncDisposable {
  /** The stream's name, which is its key. */
  readonly name: string
  readonly #settings: IpcSettings & Required<WriteStreamOptions>
  readonly #contents: Contents<T>
  readonly #commands: Commands
  readonly #publishing = new Set<Promise<unknown>>()
  /** Undefined: there is no middleware. */
  readonly #outgoing: Outgoing | undefined
  #closing: Promise<void> | undefined

  /**
   * @param redis a URL, ioredis options or an ioredis client; a client is duplicated and never
   * closed
   * @param name the stream's name
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(redis: RedisSource, name: string, options: WriteStreamOptions = {}) {
    this.name = nonEmptyString('name', name)
    this.#settings = {
      ...checkIpcOptions(options),
      use: checkUse(options),
      maxEvents: wholeNumber('maxEvents', options.maxEvents, WRITE_STREAM_DEFAULTS.maxEvents, 1),
    }
    knownOptions(options, Object.keys(this.#settings))
    this.#contents = new Contents(this.#settings, `the stream ${name}`)
    this.#commands = new Commands(checkSource(redis, name, 'stream-writer'), this.#settings)
    this.#commands.connection.observe({ unavailable: this.#settings.onError })
    const { use, clock } = this.#settings
    this.#outgoing = use.length === 0 ? undefined : new Outgoing(name, use, clock, this.#closed)
  }

  /**
   * Adds an event; resolves with its id once Redis has it. Events of one writer keep their order,
   * except that an event that Redis temporarily refused is sent again after those published in the
   * meantime.
   *
   * @throws DeliveryUnknownError when the connection broke first: the event may or may not be in
   * the stream, and is not sent again
   * @throws ConnectionError, WrongTypeError, SerializationError, MessageTooLargeError, ClosedError
   * when it was not added
   * @throws what the middleware throws
   * @see https://redis.io/docs/latest/commands/xadd/
   */
  async publish(content: T, options?: PublishEventOptions): Promise<string> {
    const metadata = options === undefined ? undefined : checkPublish(options)
    if (this.#closing !== undefined) throw new ClosedError(this.#closed)
    const outgoing = this.#outgoing
    const publishing =
      outgoing === undefined
        ? this.#send(content, metadata)
        : (outgoing.run(new Publishing(undefined, content, metadata, this.#send)) as Promise<string>)
    this.#publishing.add(publishing)
    try {
      return await publishing
    } finally {
      this.#publishing.delete(publishing)
    }
  }

  /** Returns how many events the stream has. @see https://redis.io/docs/latest/commands/xlen/ */
  len(): Promise<number> {
    return countEvents(this.#commands, this.name)
  }

  /**
   * Waits until Redis has confirmed all published events, and disconnects; a second call returns
   * the first promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get #closed(): string {
    return `the writer of ${this.name} is closed`
  }

  readonly #send = async (content: T, metadata: Metadata | undefined): Promise<string> => {
    const fields = eventFields(content, this.#contents, metadata)
    const work = { what: `publish to ${this.name}`, keys: { [this.name]: 'stream' }, repeatable: false } as const
    const { maxEvents } = this.#settings
    const id = await this.#commands.run(work, (redis) =>
      redis.xadd(this.name, 'MAXLEN', '~', maxEvents, '*', ...fields),
    )
    return id as string // null is possible only with NOMKSTREAM
  }

  async #close(): Promise<void> {
    await waitAtMost(this.#settings.clock, CLOSE_MS, Promise.allSettled(this.#publishing))
    this.#outgoing?.close()
    this.#commands.close()
  }
}

/** @throws InvalidOptionError */
function checkPublish(options: PublishEventOptions): Metadata | undefined {
  knownOptions(options, ['metadata'])
  return options.metadata === undefined ? undefined : checkMetadata(options.metadata)
}
