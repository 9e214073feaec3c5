import { ClosedError, type DeliveryError } from '../errors.ts'
import type { Clock, ClockTimer } from '../util/clock.ts'
import { type Deferred, deferred } from '../util/deferred.ts'
import { nextTick, setImmediate } from '../util/timers.ts'
import type { Connection } from './connection.ts'
import { ExpiryRenewal } from './expiry-renewal.ts'
import { readFailure, toCallerError } from './redis-failure.ts'
import type { RedisLife } from './source.ts'
import { type Push, pushInTransaction } from './transaction.ts'
import { LONGEST_SILENCE_MS, Watchdog } from './watchdog.ts'

/** A message that is being sent to a list. */
export interface PushedMessage {
  readonly text: string
  /** True once it should no longer be sent; then it is skipped. */
  readonly cancelled: boolean
  /** Redis has it. */
  delivered?(): void
  /** It did not arrive (`ConnectionError`), or may not have arrived (`DeliveryUnknownError`). */
  undelivered(error: DeliveryError): void
}

/**
 * A batch ends once it has this many characters. Larger ones make both ends take turns, one
 * serializing while the other waits (measured with 1 MB messages: 0.65 of the throughput of one
 * message per command).
 */
const BATCH_CHARACTERS = 65_536
/**
 * How many pushes one transaction contains at most: Redis serves no other client in the meantime.
 */
const TRANSACTION_PUSHES = 128
/**
 * When this many are waiting and nothing is in flight, they are sent immediately: the other end can
 * start while this one prepares the rest. Otherwise a hundred calls in flight travel back and forth
 * as one batch, and each end waits for the other (measured: 0.7 of the throughput).
 */
const EARLY_MESSAGES = 64
const RETRY_MS = 100
/** The slowest network that is not considered dead: about 2 Mbit/s. */
const SLOWEST_CHARACTERS_PER_MS = 250

export interface OutboxOptions {
  /** The end of the lists that messages are pushed at. @defaultValue 'right' */
  readonly end?: 'left' | 'right'
  /**
   * How long after the last push a list expires, in ms, so that unread ones disappear; undefined:
   * never.
   */
  readonly expireMs: (list: string) => number | undefined
  /**
   * Whether a push and its list's expiry are one transaction. This costs three more commands for a
   * single push, and two for each of many, instead of one.
   */
  readonly atomicExpiry?: boolean
  /** How long messages that Redis temporarily refuses are sent again, in ms. */
  readonly patienceMs: number
  /** Receives errors that no caller gets. */
  readonly onError: (error: Error) => void
  readonly clock: Clock
}

/** A push and the messages it carries. */
interface Batch extends Push {
  readonly characters: number
  readonly messages: readonly PushedMessage[]
}

/**
 * Pushes messages to lists. All messages for one list in one turn of the event loop are sent as one
 * variadic RPUSH (or LPUSH): one command per message would cost Redis and ioredis about ten times
 * as much.
 *
 * The first message of a turn is sent on `nextTick`, so that a single call is not delayed. Later
 * messages of the same turn are sent together in `setImmediate`, so that calls started by many
 * events of one turn still share a command. If there are very many, the first ones are sent
 * immediately.
 *
 * A push with an unknown outcome, because the connection broke before Redis confirmed it, is never
 * sent again.
 */
export class Outbox {
  readonly #connection: Connection
  readonly #command: 'rpush' | 'lpush'
  readonly #expireMs: (list: string) => number | undefined
  readonly #atomicExpiry: boolean
  readonly #patienceMs: number
  readonly #clock: Clock
  readonly #watchdog: Watchdog
  readonly #expiries: ExpiryRenewal
  #lists = new Map<string, PushedMessage[]>()
  /** Messages that Redis refused, in order; they are sent before later ones. */
  #returned = new Map<string, PushedMessage[]>()
  readonly #lengths = new Map<string, number>()
  #turnHasFlushed = false
  #scheduled = false
  #unconfirmed = 0
  #unconfirmedCharacters = 0
  /**
   * Runs while Redis refuses everything. New messages wait; otherwise each turn would send
   * everything again.
   */
  #retry: ClockTimer | undefined
  /** Since when Redis has refused everything. */
  #returningSince: number | undefined
  #drained: Deferred<void> | undefined
  #isClosed = false

  constructor(connection: Connection, options: OutboxOptions) {
    this.#connection = connection
    this.#command = options.end === 'left' ? 'lpush' : 'rpush'
    this.#expireMs = options.expireMs
    this.#atomicExpiry = options.atomicExpiry ?? false
    this.#patienceMs = options.patienceMs
    this.#clock = options.clock
    this.#expiries = new ExpiryRenewal(connection, this.#clock, options.onError)
    this.#watchdog = new Watchdog(this.#clock, () => {
      if (connection.ready !== undefined) connection.drop(connection.ready)
    })
    connection.observe({ up: () => this.#flushNow(), unavailable: (error) => this.#refuse(error) })
  }

  /** Sends a message; `delivered` is called if it arrives, `undelivered` if it fails. */
  push(list: string, message: PushedMessage): void {
    const waiting = this.#lists.get(list)
    if (waiting === undefined) this.#lists.set(list, [message])
    else if (waiting.push(message) === EARLY_MESSAGES && this.#isIdle) this.#flush()
    if (!this.#scheduled) this.#schedule()
  }

  /** From now on {@link Outbox.lengthOf} is known for this list. */
  watchLength(list: string): void {
    this.#lengths.set(list, 0)
  }

  /** How long a watched list was after the latest push to it. */
  lengthOf(list: string): number {
    return this.#lengths.get(list) as number
  }

  /** Resolves once everything pushed so far was confirmed or failed. */
  drained(): Promise<void> {
    for (const waiting of [this.#returned, this.#lists]) {
      for (const [list, messages] of waiting) if (messages.every((message) => message.cancelled)) waiting.delete(list)
    }
    if (this.#isEmpty) return Promise.resolve()
    this.#drained ??= deferred()
    return this.#drained.promise
  }

  /**
   * Resolves once all lists that should expire have an expiry; nothing may be pushed after this.
   */
  expiring(): Promise<void> {
    return this.#expiries.stop()
  }

  /** Fails unsent messages; unconfirmed ones are settled when the connection ends. */
  close(): void {
    this.#isClosed = true
    this.#watchdog.stop()
    void this.#expiries.stop()
    this.#refuse(new ClosedError('closed before the message was sent'))
  }

  get #isEmpty(): boolean {
    return this.#unconfirmed === 0 && this.#lists.size === 0 && this.#returned.size === 0
  }

  /** Whether Redis could take a push now and nothing is in flight. */
  get #isIdle(): boolean {
    return this.#unconfirmed === 0 && this.#connection.ready !== undefined
  }

  #schedule(): void {
    this.#scheduled = true
    if (this.#turnHasFlushed) return
    this.#turnHasFlushed = true
    nextTick(this.#flush)
    setImmediate(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#turnHasFlushed = false
    if (this.#scheduled) this.#flush()
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    if (this.#retry === undefined) this.#flushNow()
  }

  readonly #flushNow = (): void => {
    this.#clock.clearTimer(this.#retry)
    this.#retry = undefined
    if (this.#lists.size === 0 && this.#returned.size === 0) return
    const redis = this.#connection.ready
    if (redis === undefined) {
      if (this.#connection.failure !== undefined) this.#refuse(this.#connection.failure)
      return // the connection's `up` flushes, its `unavailable` refuses
    }
    const batches: Batch[] = []
    for (const waiting of this.#takeAll()) {
      for (const [list, messages] of waiting) this.#cut(list, messages, batches)
    }
    if (this.#atomicExpiry) this.#transact(redis, batches)
    else for (const batch of batches) this.#push(redis, batch)
    this.#settle()
  }

  /** The waiting messages, refused ones first. */
  #takeAll(): Map<string, PushedMessage[]>[] {
    const waiting = this.#returned.size === 0 ? [this.#lists] : [this.#returned, this.#lists]
    if (this.#returned.size > 0) this.#returned = new Map()
    this.#lists = new Map()
    return waiting
  }

  #cut(list: string, waiting: readonly PushedMessage[], into: Batch[]): void {
    const expireMs = this.#expireMs(list)
    let messages: PushedMessage[] = []
    let texts: string[] = []
    let characters = 0
    for (const message of waiting) {
      if (message.cancelled) continue
      if (characters > 0 && characters + message.text.length > BATCH_CHARACTERS) {
        into.push({ list, messages, texts, expireMs, characters })
        messages = []
        texts = []
        characters = 0
      }
      messages.push(message)
      texts.push(message.text)
      characters += message.text.length + 1 // so that a command's arguments are bounded too
    }
    if (messages.length > 0) into.push({ list, messages, texts, expireMs, characters })
  }

  #push(redis: RedisLife, batch: Batch): void {
    this.#await([batch])
    redis[this.#command](batch.list, ...batch.texts).then(
      (length) => this.#confirmed(batch, length),
      (error: unknown) => this.#failed(redis, batch, error),
    )
    // Sent after the push on the same connection; its failure does not affect the message.
    if (batch.expireMs !== undefined) this.#expiries.pushed(batch.list, batch.expireMs)
  }

  #transact(redis: RedisLife, batches: readonly Batch[]): void {
    // The lists of one transaction would have to share a slot.
    const size = redis.isCluster ? 1 : TRANSACTION_PUSHES
    for (let i = 0; i < batches.length; i += size) {
      const together = batches.slice(i, i + size)
      this.#await(together)
      void pushInTransaction(redis, this.#command, together).then((errors) => {
        for (const [index, batch] of together.entries()) {
          if (errors[index] === undefined) this.#confirmed(batch)
          else this.#failed(redis, batch, errors[index])
        }
      })
    }
  }

  #confirmed(batch: Batch, length?: number): void {
    if (this.#lengths.size > 0 && length !== undefined && this.#lengths.has(batch.list))
      this.#lengths.set(batch.list, length)
    this.#returningSince = undefined
    for (const message of batch.messages) message.delivered?.()
    this.#done(batch)
  }

  #failed(redis: RedisLife, batch: Batch, error: unknown): void {
    const { list, messages } = batch
    const failure = readFailure(error)
    if (failure === 'moved') this.#connection.drop(redis)
    if ((failure === 'moved' || failure === 'busy') && this.#hasPatience()) {
      // Redis says it did not take them, so sending them again duplicates nothing.
      const returned = this.#returned.get(list)
      if (returned === undefined) this.#returned.set(list, [...messages])
      else returned.push(...messages)
      this.#retry ??= this.#clock.setTimer(this.#flushNow, RETRY_MS)
    } else {
      for (const message of messages) message.undelivered(toCallerError(error, `push to ${list}`))
    }
    this.#done(batch)
  }

  #hasPatience(): boolean {
    if (this.#isClosed) return false
    this.#returningSince ??= this.#clock.now()
    return this.#clock.now() - this.#returningSince < this.#patienceMs
  }

  /** Registers pending answers. */
  #await(batches: readonly Batch[]): void {
    const wasIdle = this.#unconfirmed === 0
    this.#unconfirmed += batches.length
    for (const batch of batches) this.#unconfirmedCharacters += batch.characters
    if (wasIdle) this.#watch()
  }

  /** Redis answers after reading everything, so a large push on a slow network takes time. */
  #watch(): void {
    this.#watchdog.start(LONGEST_SILENCE_MS + Math.floor(this.#unconfirmedCharacters / SLOWEST_CHARACTERS_PER_MS))
  }

  /** A push was answered in some way; the next answer gets its full time. */
  #done(batch: Batch): void {
    this.#unconfirmedCharacters -= batch.characters
    if (--this.#unconfirmed > 0 && !this.#isClosed) this.#watch()
    else this.#watchdog.stop()
    this.#settle()
  }

  #refuse(error: DeliveryError): void {
    this.#clock.clearTimer(this.#retry)
    this.#retry = undefined
    for (const waiting of this.#takeAll()) {
      for (const messages of waiting.values()) for (const message of messages) message.undelivered(error)
    }
    this.#settle()
  }

  #settle(): void {
    if (this.#drained !== undefined && this.#isEmpty) {
      this.#drained.resolve()
      this.#drained = undefined
    }
  }
}
