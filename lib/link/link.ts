import { ClosedError, ConnectionError, isRpcError } from '../errors.ts'
import { Budget } from '../util/budget.ts'
import type { Clock } from '../util/clock.ts'
import { waitAtMost } from '../util/within.ts'
import { newWakeList } from '../wire/keys.ts'
import { Connection } from './connection.ts'
import { type Inlet, Inlets } from './inlets.ts'
import { ListReader } from './list-reader.ts'
import { Outbox } from './outbox.ts'
import { isPermanent, messageOf, readFailure } from './redis-failure.ts'
import { RedisTime } from './redis-time.ts'
import type { RedisAddress, RedisLife } from './source.ts'
import { TakeBack } from './take-back.ts'

export interface LinkOptions {
  /** Determines the slot of the wake list: the list to read, or the first of them. */
  readonly home: string
  /** A list that is pushed to: its server determines the {@link Link.life}. @defaultValue `home` */
  readonly target?: string
  /**
   * The end of the lists that messages are popped from and pushed at.
   * @defaultValue popped from the left, pushed at the right
   */
  readonly end?: 'left' | 'right'
  /** What is read at first; others are attached later. */
  readonly inlet?: Inlet
  /** See {@link ListReader}. */
  readonly sweep?: (redis: RedisLife, list: string) => Promise<void>
  /** The connection for commands is up, for the first time or again. */
  readonly onUp?: () => void
  /** Receives errors that no caller gets. */
  readonly onError: (error: Error) => void
  /** Called when Redis refuses the pop. @defaultValue `onError` */
  readonly onReadError?: (error: Error) => void
  /** See {@link Outbox}. */
  readonly atomicExpiry?: boolean
  readonly connectTimeoutMs: number
  /** See {@link Connection}. */
  readonly outageTimeoutMs?: number
  readonly clock: Clock
}

const WAKE_LIST_EXPIRE_MS = 60_000
const RETRY_MS = 100
/** How long `close` waits for Redis to confirm what was pushed and to remove the keys, at most. */
const DRAIN_MS = 2_000
/** How long everything that closes on a link waits for Redis, together, in ms. */
export const CLOSE_MS = 4_000

/**
 * A pair of connections: one pushes, and the other always waits in a blocking pop. Everything that
 * reads lists uses a link.
 */
export class Link {
  readonly outbox: Outbox
  readonly takeBack: TakeBack
  /** The connection that pushes, also for other commands. */
  readonly connection: Connection
  readonly #reader: ListReader
  readonly #inlets = new Inlets()
  readonly #time: RedisTime
  readonly #clock: Clock
  readonly #wakeList: string
  readonly #home: string
  readonly #connectTimeoutMs: number
  #connecting: Promise<void> | undefined
  #reading: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #isOpen = false

  constructor(address: RedisAddress, options: LinkOptions) {
    this.#clock = options.clock
    if (options.inlet !== undefined) this.#inlets.add(options.inlet)
    this.#home = options.home
    this.#connectTimeoutMs = options.connectTimeoutMs
    this.#wakeList = newWakeList(options.home)
    const { connectTimeoutMs, outageTimeoutMs = connectTimeoutMs, home, target = home } = options
    this.connection = new Connection(address, { connectTimeoutMs, outageTimeoutMs, home: target, clock: this.#clock })
    this.#time = new RedisTime(this.connection, this.#clock)
    if (options.onUp !== undefined) this.connection.observe({ up: options.onUp })
    const expireMs = (list: string) => (list === this.#wakeList ? WAKE_LIST_EXPIRE_MS : this.#inlets.expireMs(list))
    const { atomicExpiry = false, onError, onReadError = onError } = options
    const end = options.end !== undefined && { end: options.end }
    this.takeBack = new TakeBack(this.connection)
    this.outbox = new Outbox(this.connection, {
      ...end,
      expireMs,
      atomicExpiry,
      patienceMs: options.connectTimeoutMs,
      onError,
      clock: this.#clock,
    })
    this.#reader = new ListReader(address, {
      ...end,
      lists: this.#inlets.lists,
      capacity: this.#inlets.capacity,
      isPartial: () => this.#inlets.isPartial,
      isUrgent: this.#inlets.isUrgent,
      onBatch: this.#inlets.onBatch,
      ...(options.sweep !== undefined && { sweep: options.sweep }),
      onError: onReadError,
      wakeList: this.#wakeList,
      outbox: this.outbox,
      connectTimeoutMs,
      outageTimeoutMs,
      home,
      clock: this.#clock,
    })
  }

  /** The life of the Redis that messages are pushed to; empty: unknown. See {@link Identity}. */
  get life(): string {
    return this.connection.identity?.life ?? ''
  }

  /** The life of the Redis that messages are popped from. */
  get readerLife(): string {
    return this.#reader.connection.identity?.life ?? ''
  }

  get isCluster(): boolean {
    return this.redis?.isCluster ?? false
  }

  /** The `CLIENT ID`s of the two connections, if known. */
  get clientIds(): number[] {
    const ids = [this.connection.identity?.clientId, this.#reader.connection.identity?.clientId]
    return ids.filter((id) => id !== undefined)
  }

  /** Since when both connections are up; undefined: they are not. */
  get connectedAt(): number | undefined {
    const commands = this.connection.upSince
    const reader = this.#reader.connection.upSince
    return commands === undefined || reader === undefined ? undefined : Math.max(commands, reader)
  }

  /** Whether no message can still arrive that was pushed on an earlier connection. */
  get hasEndedFormer(): boolean {
    return this.connection.hasEndedFormer
  }

  /** Calls `up` each time one of the connections comes up; returns a function that ends this. */
  observe(up: () => void): () => void {
    const ends = [this.connection.observe({ up }), this.#reader.connection.observe({ up })]
    return () => {
      for (const end of ends) end()
    }
  }

  /** Runs commands on the connection that pushes, see {@link Connection.run}. */
  run<T>(commands: (redis: RedisLife) => Promise<T>): Promise<T> {
    return this.connection.run(commands)
  }

  /** See {@link Connection.endConnections}. */
  endConnections(ids: readonly number[]): void {
    this.connection.endConnections(ids)
  }

  /** True from the first success of {@link Link.open} until {@link Link.close}. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Milliseconds since 1970, on Redis's clock. */
  now(): number {
    return this.#time.now()
  }

  /** Converts `ownMs` on the local clock to Redis's clock. */
  toRedisTime(ownMs: number): number {
    return this.#time.at(ownMs)
  }

  /**
   * Connects both connections, runs `prepare` and starts reading. It can be called again after a
   * failure.
   * @throws ConnectionError when Redis cannot be reached within the connect time-out, or refuses
   * the connection
   * @throws ClosedError after {@link Link.close}
   */
  async open(prepare?: (redis: RedisLife) => Promise<void>): Promise<void> {
    if (this.#closing !== undefined) throw new ClosedError('closed')
    this.#connecting ??= this.#connect().catch((error: unknown) => {
      this.#connecting = undefined
      throw error
    })
    await this.#connecting
    await this.#prepare(prepare)
    this.#reading ??= this.#reader.start().catch((error: unknown) => {
      this.#reading = undefined
      throw error
    })
    await this.#reading
    // The messages of the first pop may already have caused a close.
    this.#isOpen = this.#closing === undefined
  }

  async #connect(): Promise<void> {
    await this.connection.open()
    await this.#prepare((redis) => this.#time.measure(redis))
  }

  /** Retries while Redis refuses temporarily and there is time. */
  async #prepare(prepare: ((redis: RedisLife) => Promise<void>) | undefined): Promise<void> {
    if (prepare === undefined) return
    const giveUpAt = this.#clock.now() + this.#connectTimeoutMs
    for (;;) {
      const redis = await this.connection.open()
      try {
        return await this.connection.run(prepare)
      } catch (error) {
        if (this.#closing !== undefined) throw new ClosedError('closed while connecting')
        // `prepare` may have its own error for a refusal.
        const refusal = error instanceof ConnectionError ? error.cause : error
        const failure = isRpcError(refusal) ? 'refused' : readFailure(refusal)
        if (failure === 'moved') this.connection.drop(redis)
        if (isPermanent(failure) || this.#clock.now() >= giveUpAt) {
          if (isRpcError(error)) throw error
          throw new ConnectionError(`Redis refuses access to ${this.#home}: ${messageOf(error)}`, { cause: error })
        }
      }
      await this.connection.pause(RETRY_MS)
    }
  }

  /** Why nothing can be sent at the moment; undefined while connected. */
  get obstacle(): ConnectionError | undefined {
    return this.connection.obstacle
  }

  /** The client for other commands; undefined while not connected. */
  get redis(): RedisLife | undefined {
    return this.connection.ready
  }

  /**
   * The client for other commands, once connected.
   * @throws ConnectionError when it takes longer than the connect time-out
   */
  commands(): Promise<RedisLife> {
    return this.connection.open()
  }

  /** Reads further lists from the next pop on. */
  attach(inlet: Inlet): void {
    this.#inlets.add(inlet)
    this.#reader.wake()
    this.#reader.resume()
  }

  /**
   * Stops reading an inlet's lists; messages that are already popped have been delivered when this
   * resolves.
   * @param limitMs for how long to wait for them at most
   */
  async detach(inlet: Inlet, limitMs?: number): Promise<void> {
    const cycled = this.#reader.cycle(limitMs)
    // Until then it still gets messages from its lists.
    await cycled
    this.#inlets.remove(inlet)
  }

  /**
   * Resolves once a pop has begun that read the lists after this call; messages of earlier pops
   * have been delivered.
   * @param limitMs for how long to wait at most
   */
  cycle(limitMs?: number): Promise<void> {
    return this.#reader.cycle(limitMs)
  }

  /** There may be capacity again. */
  resume(): void {
    this.#reader.resume()
  }

  /** The lists changed. */
  wake(): void {
    this.#reader.wake()
  }

  /** Stops reading; messages that are already popped have been delivered when this resolves. */
  stopReading(): Promise<void> {
    return this.#reader.stop()
  }

  /**
   * Stops reading, sends waiting messages, removes `keys` and the wake list, and disconnects.
   * @param budget what the waits before this have left of {@link CLOSE_MS}
   */
  close(keys: readonly string[] = [], budget: Budget = new Budget(this.#clock, CLOSE_MS)): Promise<void> {
    this.#closing ??= this.#close(keys, budget)
    return this.#closing
  }

  async #close(keys: readonly string[], budget: Budget): Promise<void> {
    this.#isOpen = false
    await budget.spend((limitMs) => this.#reader.stop(limitMs))
    await budget.spend((limitMs) => waitAtMost(this.#clock, Math.min(limitMs, DRAIN_MS), this.#finish(keys)))
    this.outbox.close()
    this.takeBack.close()
    this.#time.stop()
    this.connection.close()
  }

  async #finish(keys: readonly string[]): Promise<void> {
    await this.outbox.drained()
    await this.takeBack.drained()
    // Withdrawals that came too late may have led to further messages.
    await this.outbox.drained()
    await this.outbox.expiring()
    // One DEL per key: in a cluster they may be in different slots.
    const redis = this.connection.ready
    await Promise.all([this.#wakeList, ...keys].map((key) => redis?.del(key).catch(() => {})))
  }
}
