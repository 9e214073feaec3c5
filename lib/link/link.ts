import { ClosedError, ConnectionError, isRpcError } from '../errors.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { pause } from '../util/pause.ts'
import { within } from '../util/within.ts'
import { newWakeList } from '../wire/keys.ts'
import { Connection } from './connection.ts'
import { ListReader } from './list-reader.ts'
import { Outbox } from './outbox.ts'
import { messageOf, readFailure } from './redis-failure.ts'
import { RedisTime } from './redis-time.ts'
import type { RedisLife, RedisSource } from './source.ts'
import { TakeBack } from './take-back.ts'
import { LONGEST_SILENCE_MS, Watchdog } from './watchdog.ts'

export interface LinkOptions {
  /** Names the slot of the wake list: the list read, or the first of them. */
  readonly home: string
  /** The lists read. */
  readonly lists: () => readonly string[]
  /** See {@link ListReader}. */
  readonly capacity: (popped: number) => number
  /** See {@link ListReader}. */
  readonly onBatch: (texts: string[], list: string) => void
  /** See {@link ListReader}. */
  readonly sweep?: (redis: RedisLife, list: string) => Promise<void>
  /** The connection for commands is there, or there again. */
  readonly onUp?: () => void
  /** What has no caller to tell. */
  readonly onError: (error: Error) => void
  /** How long a list lives after the last push to it, in ms; undefined: for ever. */
  readonly expireMs: (list: string) => number | undefined
  /** See {@link Outbox}. */
  readonly atomicExpiry?: boolean
  readonly connectTimeoutMs: number
  readonly clock?: Clock
}

const WAKE_LIST_EXPIRE_MS = 60_000
const RETRY_MS = 100
/** How long `close` waits for Redis to confirm what was pushed and to remove the keys. */
const DRAIN_MS = 2_000

/**
 * A process's two connections: one pushes, one always waits in a blocking pop. Everything that reads lists has one.
 */
export class Link {
  readonly outbox: Outbox
  readonly takeBack: TakeBack
  readonly #commands: Connection
  readonly #reader: ListReader
  readonly #time: RedisTime
  readonly #clock: Clock
  readonly #wakeList: string
  readonly #home: string
  readonly #connectTimeoutMs: number
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #isOpen = false

  constructor(source: RedisSource, options: LinkOptions) {
    this.#clock = options.clock ?? systemClock
    this.#home = options.home
    this.#connectTimeoutMs = options.connectTimeoutMs
    this.#wakeList = newWakeList(options.home)
    this.#commands = new Connection(source, { connectTimeoutMs: options.connectTimeoutMs, clock: this.#clock })
    this.#time = new RedisTime(this.#commands, this.#clock)
    if (options.onUp !== undefined) this.#commands.observe({ up: options.onUp })
    const expireMs = (list: string) => (list === this.#wakeList ? WAKE_LIST_EXPIRE_MS : options.expireMs(list))
    const { atomicExpiry = false } = options
    this.takeBack = new TakeBack(this.#commands, this.#clock)
    this.outbox = new Outbox(this.#commands, {
      expireMs,
      atomicExpiry,
      patienceMs: options.connectTimeoutMs,
      onError: options.onError,
      clock: this.#clock,
    })
    this.#reader = new ListReader(source, {
      lists: options.lists,
      capacity: options.capacity,
      onBatch: options.onBatch,
      ...(options.sweep !== undefined && { sweep: options.sweep }),
      onError: options.onError,
      wakeList: this.#wakeList,
      outbox: this.outbox,
      connectTimeoutMs: options.connectTimeoutMs,
      clock: this.#clock,
    })
  }

  /** True from the first success of {@link Link.open} until {@link Link.close}. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Milliseconds since 1970, on Redis's clock. */
  now(): number {
    return this.#time.now()
  }

  /** What Redis's clock shows when ours shows `ownMs`. */
  toRedisTime(ownMs: number): number {
    return this.#time.at(ownMs)
  }

  /**
   * Connects both ends, runs `prepare` and begins to read. After a failure it may be called again.
   * @throws ConnectionError when Redis cannot be reached within the connect time-out, or refuses us
   * @throws ClosedError after {@link Link.close}
   */
  open(prepare?: (redis: RedisLife) => Promise<void>): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(new ClosedError('closed'))
    this.#opening ??= this.#open(prepare).catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #open(prepare?: (redis: RedisLife) => Promise<void>): Promise<void> {
    const giveUpAt = this.#clock.now() + this.#connectTimeoutMs
    while (!(await this.#prepare(prepare, giveUpAt))) await pause(this.#clock, RETRY_MS)
    await this.#reader.start()
    // What the first pop has brought may have led to the end already.
    this.#isOpen = this.#closing === undefined
  }

  /** False if Redis does not let us just now, and there is time to try again. */
  async #prepare(prepare: ((redis: RedisLife) => Promise<void>) | undefined, giveUpAt: number): Promise<boolean> {
    const redis = await this.#commands.open()
    // Preparations on a connection that has gone silent would never end.
    const watchdog = new Watchdog(this.#clock, () => this.#commands.drop(redis))
    watchdog.start(LONGEST_SILENCE_MS)
    try {
      await this.#time.measure(redis)
      await prepare?.(redis)
      return true
    } catch (error) {
      if (this.#closing !== undefined) throw new ClosedError('closed while connecting')
      if (isRpcError(error)) throw error
      const failure = readFailure(error)
      if (failure === 'moved') this.#commands.drop(redis)
      const isFinal = failure === 'refused' || failure === 'unsupported'
      if (!isFinal && this.#clock.now() < giveUpAt) return false
      throw new ConnectionError(`Redis does not let us use ${this.#home}: ${messageOf(error)}`, { cause: error })
    } finally {
      watchdog.stop()
    }
  }

  /** Why nothing can be sent just now; undefined while connected. */
  get obstacle(): ConnectionError | undefined {
    return this.#commands.obstacle
  }

  /** For commands beside the pushes; undefined while not connected. */
  get redis(): RedisLife | undefined {
    return this.#commands.ready
  }

  /** For commands beside the pushes, once connected. @throws ConnectionError when it takes longer than the connect time-out */
  commands(): Promise<RedisLife> {
    return this.#commands.open()
  }

  /** There may be capacity again. */
  resume(): void {
    this.#reader.resume()
  }

  /** The lists changed. */
  wake(): void {
    this.#reader.wake()
  }

  /** Reads no more; what is popped already has been handed over when this resolves. */
  stopReading(): Promise<void> {
    return this.#reader.stop()
  }

  /** Stops reading, sends what waits, removes `keys` and the wake list, and disconnects. */
  close(keys: readonly string[] = []): Promise<void> {
    this.#closing ??= this.#close(keys)
    return this.#closing
  }

  async #close(keys: readonly string[]): Promise<void> {
    this.#isOpen = false
    await this.#reader.stop()
    await within(this.#clock, DRAIN_MS, this.#finish(keys), () => undefined).catch(() => {})
    this.outbox.close()
    this.takeBack.close()
    this.#time.stop()
    this.#commands.close()
  }

  async #finish(keys: readonly string[]): Promise<void> {
    await this.outbox.drained()
    await this.takeBack.drained()
    // One DEL a key: in a cluster they need not share a slot.
    const redis = this.#commands.ready
    await Promise.all([this.#wakeList, ...keys].map((key) => redis?.del(key).catch(() => {})))
  }
}
