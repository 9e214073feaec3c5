import { BLOCK_MS, type BlockingReader, LOST } from '../../link/blocking-reader.ts'
import type { Clock } from '../../util/clock.ts'
import type { CommandSpec, Commands } from '../commands.ts'
import type { Consumers } from '../reader/consumers.ts'
import { ReadFailures } from '../reader/read-failures.ts'
import type { Feed } from '../reader/reader.ts'
import type { EventEntry } from './event.ts'

export interface EntryFeedOptions {
  /** The stream's key. */
  readonly name: string
  readonly from: string
  readonly batchSize: number
  readonly commands: Commands
  readonly blocking: BlockingReader
  readonly clock: Clock
  readonly onError: (error: Error) => void
}

/**
 * Reads the entries of a stream in order. The position is stored here and not in Redis, so a read
 * whose reply was lost is simply repeated: nothing is missed or duplicated.
 */
export class EntryFeed implements Feed<EventEntry> {
  readonly commands: Commands
  readonly #options: EntryFeedOptions
  readonly #consumers: Consumers<EventEntry>
  /** Entries that were read from Redis and not requested yet. */
  readonly #buffer: EventEntry[] = []
  /** Id of the last entry read from Redis; undefined: not fixed yet. */
  #position: string | undefined
  #opening: Promise<void> | undefined
  #pumping = false
  #looking: Promise<void> | undefined
  /** Whether the last read returned all entries that existed. */
  #isDrained = false
  /** Whether a blocking read is waiting for the next entry. */
  #isWaiting = false
  readonly #failures: ReadFailures
  #closed = false

  constructor(options: EntryFeedOptions, consumers: Consumers<EventEntry>) {
    this.#options = options
    this.commands = options.commands
    this.#consumers = consumers
    this.#failures = new ReadFailures(consumers, options)
    if (options.from !== '$') this.#position = options.from
  }

  /**
   * Determines the start position, if that has not happened yet.
   * @throws WrongTypeError, ConnectionError, ClosedError
   */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  /** The newest entry; undefined when there is none. */
  async last(): Promise<EventEntry | undefined> {
    const { name } = this.#options
    const [entry] = await this.commands.run(this.#work('read the last event of'), (redis) =>
      redis.xrevrange(name, '+', '-', 'COUNT', 1),
    )
    return entry
  }

  start(): void {}

  /** An entry that was already read, unless others are waiting for it. */
  buffered(): EventEntry | undefined {
    return this.#consumers.wanted === 0 ? this.#buffer.shift() : undefined
  }

  async takeOne(): Promise<EventEntry | undefined> {
    await this.open()
    if (!this.#isWaiting) await this.#look()
    return this.buffered()
  }

  update(): void {
    if (this.#pumping || this.#closed || this.#consumers.wanted === 0) return
    this.#pumping = true
    void this.#run().finally(() => {
      this.#pumping = false
      this.update()
    })
  }

  async stop(): Promise<void> {
    this.#closed = true
    this.#options.blocking.close()
  }

  async close(): Promise<void> {
    this.commands.close()
  }

  async #open(): Promise<void> {
    // An empty stream never had events, or lost them all, so every new entry comes after the very
    // beginning.
    this.#position ??= (await this.last())?.[0] ?? '0-0'
  }

  async #run(): Promise<void> {
    this.#isDrained = false
    while (!this.#closed) {
      try {
        this.#serve()
        if (this.#consumers.wanted === 0) return
        await this.open()
        // Never both: from the same position both would return the same entries.
        await (this.#isDrained && this.#looking === undefined ? this.#await() : this.#look())
        this.#failures.clear()
      } catch (error) {
        if (this.#closed) return
        await this.#failures.handle(error)
      }
    }
  }

  #serve(): void {
    while (this.#buffer.length > 0 && this.#consumers.wanted > 0)
      this.#consumers.give(this.#buffer.shift() as EventEntry)
  }

  /** Reads the existing entries. */
  #look(): Promise<void> {
    const { name, batchSize } = this.#options
    this.#looking ??= this.commands
      .run(this.#work('read from'), (redis) =>
        redis.xread('COUNT', batchSize, 'STREAMS', name, this.#position as string),
      )
      .then((reply) => this.#take(reply))
      .finally(() => {
        this.#looking = undefined
      })
    return this.#looking
  }

  /** Waits for new entries. */
  async #await(): Promise<void> {
    const { name, batchSize, blocking } = this.#options
    this.#isWaiting = true
    try {
      const reply = await blocking.read((redis) =>
        redis.xread('COUNT', batchSize, 'BLOCK', BLOCK_MS, 'STREAMS', name, this.#position as string),
      )
      if (reply !== LOST) this.#take(reply)
    } catch (error) {
      throw await this.commands.toError(error, this.#work('read from'))
    } finally {
      this.#isWaiting = false
    }
  }

  #take(reply: readonly (readonly [key: string, items: readonly EventEntry[]])[] | null): void {
    const entries = reply?.[0]?.[1] ?? []
    this.#isDrained = entries.length < this.#options.batchSize
    this.#buffer.push(...entries)
    this.#position = entries.at(-1)?.[0] ?? this.#position
  }

  #work(what: string): CommandSpec {
    const { name } = this.#options
    return { what: `${what} ${name}`, keys: { [name]: 'stream' }, repeatable: true }
  }
}
