import { ClosedError, ConnectionError, type DeliveryError } from '../errors.ts'
import type { Clock, ClockTimer } from '../util/clock.ts'
import { type Deferred, deferred } from '../util/deferred.ts'
import { clearImmediate, setImmediate } from '../util/timers.ts'
import { BatchSize } from './batch-size.ts'
import { BLOCK_SECONDS, blmpop, type Popped, popWithoutBlmpop } from './blocking-pop.ts'
import { Connection } from './connection.ts'
import type { Outbox, PushedMessage } from './outbox.ts'
import { isPermanent, messageOf, readFailure } from './redis-failure.ts'
import { bytesReceived, keyPrefixOf, type RedisAddress, type RedisLife } from './source.ts'
import { LONGEST_SILENCE_MS, Watchdog } from './watchdog.ts'

export interface ListReaderOptions {
  /** The end of the lists that messages are popped from. @defaultValue 'left' */
  readonly end?: 'left' | 'right'
  /**
   * The lists to pop from, the most urgent first; asked before each pop. In a cluster all share one slot.
   * @param hasRoom false: only those that are read even when there is no capacity
   */
  readonly lists: (hasRoom: boolean) => readonly string[]
  /**
   * How many messages the next pop may bring, when `popped` have just been handed over; 0 pauses
   * until `resume`.
   */
  readonly capacity: (popped: number, from?: string) => number
  /**
   * Whether the latest `lists` left some out because there was no room; then `resume` ends the wait
   * on the others.
   */
  readonly isPartial?: () => boolean
  /**
   * Whether the owner is waiting for messages that are read without room, so that they must be
   * popped immediately.
   */
  readonly isUrgent?: () => boolean
  /** Takes what was popped, in order. It must not throw. */
  readonly onBatch: (texts: string[], list: string) => void
  /**
   * Called after a pop has returned something: looks for more on the same connection without
   * waiting. The next pop comes after it.
   */
  readonly sweep?: (redis: RedisLife, list: string) => Promise<void>
  /** Receives errors that no caller gets. */
  readonly onError: (error: Error) => void
  /** This reader's own list, in the slot of `lists`: any message there ends the current wait. */
  readonly wakeList: string
  /** Pushes to `wakeList`. */
  readonly outbox: Outbox
  readonly connectTimeoutMs: number
  /** See {@link Connection}. */
  readonly outageTimeoutMs?: number
  /** See {@link Connection}. */
  readonly home?: string
  readonly clock: Clock
}

/**
 * A half-open socket blocks forever, so a pop that is this late is abandoned together with its
 * connection.
 */
const LONGEST_POP_MS = BLOCK_SECONDS * 1_000 + LONGEST_SILENCE_MS
const RETRY_MS = 200
/**
 * How long there must be no room before popping only the lists that are read without room: usually
 * there is room again sooner, and a pop that waits on too few lists has to be woken first.
 */
const ROOMLESS_MS = 20
/** How many messages a pop without room returns at most. */
const ROOMLESS_COUNT = 128
/** How long a stop waits for the current pop to end, at most. */
const STOP_MS = 2_000

/**
 * Always waits in one blocking pop, on a separate connection, and delivers messages in batches.
 *
 * The next pop is sent before a batch is handled, so that Redis and this process work at the same
 * time. `BLMPOP … COUNT` (Redis 7) returns a batch in one reply; older servers need `BLPOP` and
 * `LPOP … COUNT` (Redis 6.2).
 *
 * It is woken by a message in its own list rather than by `CLIENT UNBLOCK`: the message is ordered
 * after earlier pushes, needs no client id, and works in a cluster.
 */
export class ListReader {
  readonly #options: ListReaderOptions
  readonly #connection: Connection
  readonly #clock: Clock
  /** The connection that has a pop pending. */
  #popping: RedisLife | undefined
  readonly #watchdog: Watchdog
  readonly #batchSize = new BatchSize()
  readonly #wakeMessage: PushedMessage & { cancelled: boolean } = {
    text: '1',
    cancelled: false,
    undelivered: (error) => this.#notWoken(error),
  }
  #retry: ClockTimer | undefined
  #rewake: ClockTimer | undefined
  /** Runs while there is neither room nor a pending pop. */
  #roomless: ClockTimer | undefined
  /** Whether the pending pop names only the lists that are read without room. */
  #isRoomless = false
  /** Settle when the pending pop ends. */
  #cycles: Deferred<void>[] = []
  #resuming: NodeJS.Immediate | undefined
  #hasBlmpop = true
  #waking = false
  #sweeping = false
  /** Settles with the first pop, which shows whether popping is allowed. */
  #proof: Deferred<void> | undefined
  /** Since when every pop has failed. */
  #failingSince: number | undefined
  #isStarted = false
  /** The last reported error, so that a lasting failure is reported once. */
  #reported: string | undefined
  #stopped: Deferred<void> | undefined

  constructor(address: RedisAddress, options: ListReaderOptions) {
    this.#options = options
    this.#clock = options.clock
    const { connectTimeoutMs, outageTimeoutMs, home } = options
    this.#connection = new Connection(address, {
      connectTimeoutMs,
      ...(outageTimeoutMs !== undefined && { outageTimeoutMs }),
      ...(home !== undefined && { home }),
      clock: this.#clock,
    })
    this.#connection.observe({ up: () => this.#arm(0), unavailable: (error) => this.#unavailable(error) })
    const giveUp = () => {
      if (this.#popping !== undefined) this.#connection.drop(this.#popping)
    }
    this.#watchdog = new Watchdog(this.#clock, giveUp, () => bytesReceived(this.#popping))
  }

  /**
   * Resolves once pops are known to work: the first one is woken immediately and must return. It
   * can be called again after a failure.
   * @throws ConnectionError when Redis cannot be reached, or refuses (wrong type, no permission)
   * @throws ClosedError when it is stopped meanwhile
   */
  async start(): Promise<void> {
    await this.#connection.open()
    if (this.#stopped !== undefined) throw new ClosedError('stopped while starting')
    const proof = deferred()
    this.#proof = proof
    this.#failingSince = undefined
    this.#isStarted = true
    try {
      this.#arm(0)
      this.wake()
      await proof.promise
    } catch (error) {
      this.#isStarted = false
      throw error
    }
  }

  /** The connection that pops. */
  get connection(): Pick<Connection, 'identity' | 'upSince' | 'observe'> {
    return this.#connection
  }

  /**
   * There may be capacity again. The pop is sent at the end of the turn, so that it counts
   * everything that ended in it.
   */
  resume(): void {
    if (this.#popping !== undefined) {
      if (this.#isRoomless || this.#options.isPartial?.() === true) this.wake()
      return
    }
    if (this.#resuming !== undefined) return
    this.#resuming = setImmediate(() => {
      this.#resuming = undefined
      this.#arm(0)
    })
  }

  /** Ends the current wait, because `lists` changed. */
  wake(): void {
    // After a sweep the lists are read anyway.
    if (this.#popping === undefined || this.#sweeping || this.#waking) return
    this.#waking = true
    this.#options.outbox.push(this.#options.wakeList, this.#wakeMessage)
  }

  /**
   * Resolves once the pending pop has ended and its messages were delivered; the next one reads the
   * lists again.
   * @param limitMs for how long to wait at most
   */
  cycle(limitMs: number = STOP_MS): Promise<void> {
    if (this.#popping === undefined) return Promise.resolve()
    const cycle = deferred<void>()
    this.#cycles.push(cycle)
    this.wake()
    const giveUp = this.#clock.setTimer(() => cycle.resolve(), Math.min(limitMs, STOP_MS))
    return cycle.promise.finally(() => this.#clock.clearTimer(giveUp))
  }

  /**
   * Stops popping; messages that are already popped have been delivered when this resolves.
   * @param limitMs for how long to wait for the pending pop at most
   */
  async stop(limitMs: number = STOP_MS): Promise<void> {
    if (this.#stopped !== undefined) return this.#stopped.promise
    this.#stopped = deferred()
    // Not if the first pop has returned and its messages caused this: then it has started.
    this.#takeProof()?.reject(new ClosedError('stopped while starting'))
    if (this.#popping !== undefined) {
      this.wake()
      const giveUp = this.#clock.setTimer(() => this.#stopped?.resolve(), Math.min(limitMs, STOP_MS))
      await this.#stopped.promise
      this.#clock.clearTimer(giveUp)
    } else {
      this.#stopped.resolve()
    }
    this.#disarm()
    this.#wakeMessage.cancelled = true
    this.#clock.clearTimer(this.#retry)
    this.#clock.clearTimer(this.#rewake)
    this.#clock.clearTimer(this.#roomless)
    clearImmediate(this.#resuming)
    this.#connection.close()
  }

  #arm(popped: number, from?: string): void {
    const redis = this.#connection.ready
    if (this.#popping !== undefined || redis === undefined || !this.#isStarted || this.#stopped !== undefined) return
    const count = this.#options.capacity(popped, from)
    if (count < 1 && this.#proof === undefined) return this.#armWithoutRoom()
    this.#pop(redis, count)
    if (this.#proof !== undefined) this.wake()
  }

  #armWithoutRoom(): void {
    if (this.#options.lists(false).length === 0) return
    if (this.#options.isUrgent?.() === true) return this.#popWithoutRoom()
    this.#roomless ??= this.#clock.setTimer(() => {
      this.#roomless = undefined
      this.#popWithoutRoom()
    }, ROOMLESS_MS)
  }

  #popWithoutRoom(): void {
    // There was room again in this turn: a pop with room is about to be sent, and nothing would
    // wake one without.
    if (this.#resuming !== undefined) return
    const redis = this.#connection.ready
    if (this.#popping !== undefined || redis === undefined || !this.#isStarted || this.#stopped !== undefined) return
    this.#isRoomless = true
    this.#pop(redis, 0)
  }

  #pop(redis: RedisLife, count: number): void {
    this.#clock.clearTimer(this.#roomless)
    this.#roomless = undefined
    this.#watch(redis)
    // The wake list comes last: frequent wakes must not delay messages, and any message ends the
    // wait too.
    const keys = [...this.#options.lists(count >= 1), this.#options.wakeList]
    const atMost = Math.max(Math.min(this.#isRoomless ? ROOMLESS_COUNT : count, this.#batchSize.most), 1)
    const { end = 'left' } = this.#options
    const reply = this.#hasBlmpop ? blmpop(redis, keys, end, atMost) : popWithoutBlmpop(redis, keys, end, atMost)
    reply.then(
      (batch) => this.#popped(redis, batch),
      (error: unknown) => this.#failed(redis, error),
    )
  }

  #popped(redis: RedisLife, batch: Popped): void {
    this.#disarm()
    this.#reported = undefined
    this.#failingSince = undefined
    this.#takeProof()?.resolve()
    if (batch === null) return this.#stopOrArm()
    const [key, texts] = batch
    const list = key.slice(keyPrefixOf(redis).length)
    if (list === this.#options.wakeList) return this.#stopOrArm()
    this.#batchSize.brought(texts)
    if (this.#options.sweep !== undefined) {
      this.#options.onBatch(texts, list)
      return this.#sweep(redis, list, this.#options.sweep)
    }
    this.#arm(texts.length, list)
    this.#options.onBatch(texts, list)
    this.#stopOrArm()
  }

  #sweep(redis: RedisLife, list: string, sweep: (redis: RedisLife, list: string) => Promise<void>): void {
    this.#sweeping = true
    this.#watch(redis)
    sweep(redis, list).then(
      () => {
        this.#disarm()
        this.#stopOrArm()
      },
      (error: unknown) => this.#failed(redis, error),
    )
  }

  #failed(redis: RedisLife, error: unknown): void {
    this.#disarm()
    const failure = readFailure(error)
    if (failure === 'unsupported' && this.#hasBlmpop) {
      this.#hasBlmpop = false
      return this.#stopOrArm()
    }
    if (failure === 'moved') this.#connection.drop(redis)
    // A temporary refusal may soon be over; a lost connection is reported elsewhere.
    this.#failingSince ??= this.#clock.now()
    const lasts = failure !== 'lost' && this.#clock.now() - this.#failingSince >= this.#options.connectTimeoutMs
    if (lasts || isPermanent(failure)) {
      const proof = this.#takeProof()
      if (proof !== undefined) proof.reject(this.#errorFor(error))
      else this.#report(error)
    }
    if (this.#stopped !== undefined) return this.#stopped.resolve()
    // A reconnection sends the next pop; in a cluster only one node's connection may be lost, so a
    // timer does it too.
    this.#clock.clearTimer(this.#retry)
    this.#retry = this.#clock.setTimer(() => this.#arm(0), RETRY_MS)
  }

  /** During the start, the rejection informs the caller. */
  #unavailable(error: ConnectionError): void {
    const proof = this.#takeProof()
    if (proof !== undefined) proof.reject(error)
    else if (this.#isStarted) this.#options.onError(error)
  }

  #takeProof(): Deferred<void> | undefined {
    const proof = this.#proof
    this.#proof = undefined
    return proof
  }

  #errorFor(error: unknown): ConnectionError {
    const lists = this.#options.lists(true).join(', ') || this.#options.wakeList
    return new ConnectionError(`cannot read from ${lists}: ${messageOf(error)}`, { cause: error })
  }

  #report(error: unknown): void {
    const message = String(error)
    if (message === this.#reported) return
    this.#reported = message
    this.#options.onError(this.#errorFor(error))
  }

  /** The current pop would wait until its end; another wake-up does no harm. */
  #notWoken(error: DeliveryError): void {
    if (readFailure(error.cause) === 'refused') {
      this.#takeProof()?.reject(error)
      this.#stopped?.resolve()
    }
    if (!this.#waking) return
    this.#waking = false
    this.#clock.clearTimer(this.#rewake)
    this.#rewake = this.#clock.setTimer(() => this.wake(), RETRY_MS)
  }

  #watch(redis: RedisLife): void {
    this.#popping = redis
    this.#watchdog.start(LONGEST_POP_MS)
  }

  #disarm(): void {
    this.#watchdog.stop()
    this.#popping = undefined
    this.#waking = false
    this.#sweeping = false
    this.#isRoomless = false
    if (this.#cycles.length === 0) return
    // The messages of this pop are delivered in the same turn.
    for (const cycle of this.#cycles) cycle.resolve()
    this.#cycles = []
  }

  #stopOrArm(): void {
    if (this.#stopped !== undefined && this.#popping === undefined) this.#stopped.resolve()
    else this.#arm(0)
  }
}
