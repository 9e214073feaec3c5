import { ClosedError, ConnectionError, type DeliveryError } from '../errors.ts'
import { type Clock, systemClock, type Timer } from '../util/clock.ts'
import { type Deferred, deferred } from '../util/deferred.ts'
import { clearImmediate, setImmediate } from '../util/timers.ts'
import { BatchSize } from './batch-size.ts'
import { BLOCK_SECONDS, blmpop, type Popped, popWithoutBlmpop } from './blocking-pop.ts'
import { Connection } from './connection.ts'
import type { Outbox, Outgoing } from './outbox.ts'
import { messageOf, readFailure } from './redis-failure.ts'
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
  /** How many messages the next pop may bring, when `popped` have just been handed over; 0 pauses until `resume`. */
  readonly capacity: (popped: number, from?: string) => number
  /** Whether the latest `lists` left some out for want of room; then `resume` ends the wait on the others. */
  readonly isPartial?: () => boolean
  /** Whether what comes without room is waited for, so that it must be popped at once. */
  readonly isUrgent?: () => boolean
  /** Takes what was popped, in order. It must not throw. */
  readonly onBatch: (texts: string[], list: string) => void
  /** Looks for more on the same connection, without waiting, once a pop has brought something; the next pop comes after it. */
  readonly sweep?: (redis: RedisLife, list: string) => Promise<void>
  /** What has no caller to tell. */
  readonly onError: (error: Error) => void
  /** A list of this reader's own, in the slot of `lists`: whatever arrives there ends the current wait. */
  readonly wakeList: string
  /** Pushes to `wakeList`. */
  readonly outbox: Outbox
  readonly connectTimeoutMs: number
  /** See {@link Connection}. */
  readonly outageTimeoutMs?: number
  /** See {@link Connection}. */
  readonly home?: string
  readonly clock?: Clock
}

/** A half-open socket blocks for ever, so a pop that is this late is given up together with its connection. */
const LONGEST_POP_MS = BLOCK_SECONDS * 1_000 + LONGEST_SILENCE_MS
const RETRY_MS = 200
/**
 * How long there must be no room until the lists are popped that are read even so: mostly there is room again sooner, and a pop that
 * waits on too few lists has to be woken first.
 */
const ROOMLESS_MS = 20
/** How many messages a pop without room brings at most: they take no room. */
const ROOMLESS_COUNT = 128
/** How long a stop waits for the current pop to end. */
const STOP_MS = 2_000

/**
 * Always waiting in one blocking pop, on a connection of its own, and handing over what it brings in batches.
 *
 * The next pop is sent before a batch is handled, so that Redis and this process work at the same time. `BLMPOP … COUNT`
 * (Redis 7) brings a batch in one reply; where Redis does not have it, `BLPOP` and `LPOP … COUNT` do (Redis 6.2).
 *
 * It is woken by a message on a list of its own rather than by `CLIENT UNBLOCK`: that is ordered after what was pushed
 * before, needs no client id, and works in a cluster.
 */
export class ListReader {
  readonly #options: ListReaderOptions
  readonly #connection: Connection
  readonly #clock: Clock
  /** The connection that has a pop pending. */
  #popping: RedisLife | undefined
  readonly #watchdog: Watchdog
  readonly #batchSize = new BatchSize()
  readonly #wakeMessage: Outgoing & { cancelled: boolean } = {
    text: '1',
    cancelled: false,
    undelivered: (error) => this.#notWoken(error),
  }
  #retry: Timer | undefined
  #rewake: Timer | undefined
  /** Runs while there is no room and no pop. */
  #roomless: Timer | undefined
  /** The pop that is pending names only the lists that are read without room. */
  #isRoomless = false
  /** Settle with the end of the pop that is pending. */
  #cycles: Deferred<void>[] = []
  #resuming: NodeJS.Immediate | undefined
  #hasBlmpop = true
  #waking = false
  #sweeping = false
  /** Settles with the first pop, which shows whether we may pop at all. */
  #proof: Deferred<void> | undefined
  /** Since when every pop has failed. */
  #failingSince: number | undefined
  #isStarted = false
  /** What was last reported, so that a failure that lasts is reported once. */
  #reported: string | undefined
  #stopped: Deferred<void> | undefined

  constructor(address: RedisAddress, options: ListReaderOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
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
   * Resolves once pops are known to work: the first one is woken up at once, and has to come back. After a failure it may be
   * called again.
   * @throws ConnectionError when Redis cannot be reached, or refuses us (wrong type, no permission)
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

  /** There may be capacity again. The pop leaves at the end of the turn, so that it counts all that ended in it. */
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
    // After a sweep the lists are asked for anyway.
    if (this.#popping === undefined || this.#sweeping || this.#waking) return
    this.#waking = true
    this.#options.outbox.push(this.#options.wakeList, this.#wakeMessage)
  }

  /** Resolves once the pop that is pending now has ended and what it brought was handed over; the next one asks for the lists anew. */
  cycle(): Promise<void> {
    if (this.#popping === undefined) return Promise.resolve()
    const cycle = deferred<void>()
    this.#cycles.push(cycle)
    this.wake()
    const giveUp = this.#clock.setTimer(() => cycle.resolve(), STOP_MS)
    return cycle.promise.finally(() => this.#clock.clearTimer(giveUp))
  }

  /** Pops no more; what is popped already has been handed over when this resolves. */
  async stop(): Promise<void> {
    if (this.#stopped !== undefined) return this.#stopped.promise
    this.#stopped = deferred()
    // Not when the first pop has come back and what it brought has led to this: then it has started.
    this.#takeProof()?.reject(new ClosedError('stopped while starting'))
    if (this.#popping !== undefined) {
      this.wake()
      const giveUp = this.#clock.setTimer(() => this.#stopped?.resolve(), STOP_MS)
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
    // There was room again in this very turn: a pop with room is about to leave, and nobody would wake one without.
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
    // The wake list stands last: frequent wakes must not keep messages waiting, and any message ends the wait as well.
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
    // What Redis does not take just now it may take soon; a lost connection tells of itself.
    this.#failingSince ??= this.#clock.now()
    const lasts = failure !== 'lost' && this.#clock.now() - this.#failingSince >= this.#options.connectTimeoutMs
    if (lasts || failure === 'refused' || failure === 'unsupported') {
      const proof = this.#takeProof()
      if (proof !== undefined) proof.reject(this.#errorFor(error))
      else this.#report(error)
    }
    if (this.#stopped !== undefined) return this.#stopped.resolve()
    // A lost connection arms again when it is back; in a cluster it may be one node's only, so a timer does as well.
    this.#clock.clearTimer(this.#retry)
    this.#retry = this.#clock.setTimer(() => this.#arm(0), RETRY_MS)
  }

  /** While it starts, its caller is told by the rejection. */
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

  /** The current pop would wait out its time; another wake-up repeats nothing. */
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
    // What this pop has brought is handed over in the same turn.
    for (const cycle of this.#cycles) cycle.resolve()
    this.#cycles = []
  }

  #stopOrArm(): void {
    if (this.#stopped !== undefined && this.#popping === undefined) this.#stopped.resolve()
    else this.#arm(0)
  }
}
