import { ClosedError, type DeliveryError } from '../errors.ts'
import { type Clock, systemClock, type Timer } from '../util/clock.ts'
import { type Deferred, deferred } from '../util/deferred.ts'
import { nextTick, setImmediate } from '../util/timers.ts'
import type { Connection } from './connection.ts'
import { ExpiryRenewal } from './expiry-renewal.ts'
import { readFailure, toCallerError } from './redis-failure.ts'
import type { RedisLife } from './source.ts'
import { type Push, pushInTransaction } from './transaction.ts'
import { LONGEST_SILENCE_MS, Watchdog } from './watchdog.ts'

/** One message on its way to a list. */
export interface Outgoing {
  readonly text: string
  /** True once nobody wants it sent any more; then it is left out. */
  readonly cancelled: boolean
  /** Redis has it. */
  delivered?(): void
  /** It did not get there (`ConnectionError`), or may not have (`DeliveryUnknownError`). */
  undelivered(error: DeliveryError): void
}

/**
 * A batch is cut once it holds this many characters. Larger ones make both ends take turns: one serialises while the
 * other waits (measured with 1 MB messages: 0.65 of the throughput of one message a command).
 */
const BATCH_CHARACTERS = 65_536
/** How many pushes one transaction makes at most: Redis serves nobody else in the meantime. */
const TRANSACTION_PUSHES = 128
/**
 * When this many wait and nothing of ours is on its way, they leave at once: the far end can begin while this one makes the rest.
 * Otherwise a hundred calls in flight go to and fro as one lump, and each end waits for the other (measured: 0.7 of the throughput).
 */
const EARLY_MESSAGES = 64
const RETRY_MS = 100
/** The slowest line that is not taken for a dead one: about 2 Mbit/s. */
const SLOWEST_CHARACTERS_PER_MS = 250

export interface OutboxOptions {
  /** The end of the lists that messages are pushed at. @defaultValue 'right' */
  readonly end?: 'left' | 'right'
  /** How long a list lives after the last push, so that one nobody reads goes away, in ms; undefined: for ever. */
  readonly expireMs: (list: string) => number | undefined
  /**
   * Whether a push and its list's expiry are one transaction. It costs three commands more for a single push, and two for each
   * of many, instead of one behind.
   */
  readonly atomicExpiry?: boolean
  /** How long messages that Redis does not take just now are offered again, in ms. */
  readonly patienceMs: number
  /** What has no caller to tell. */
  readonly onError: (error: Error) => void
  readonly clock?: Clock
}

/** A push and the messages it carries. */
interface Batch extends Push {
  readonly characters: number
  readonly messages: readonly Outgoing[]
}

/**
 * Pushes messages to an end of lists. What is pushed to one list within one turn of the event loop leaves as one
 * variadic RPUSH (or LPUSH): a command a message costs Redis and ioredis about ten times as much.
 *
 * When it leaves: the first message of a turn on `nextTick`, so that a lone call waits for nothing; what follows in the same
 * turn together in `setImmediate`, so that calls begun by many events of one turn still share a command. Of very many the first
 * leave at once.
 *
 * A push whose fate is unknown, because the connection broke before Redis confirmed it, is never sent again.
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
  #lists = new Map<string, Outgoing[]>()
  /** What Redis did not take, in the order it was sent; it goes before what came later. */
  #returned = new Map<string, Outgoing[]>()
  readonly #lengths = new Map<string, number>()
  #turnHasFlushed = false
  #scheduled = false
  #unconfirmed = 0
  #unconfirmedCharacters = 0
  /** Runs while Redis takes nothing. What is pushed meanwhile waits: otherwise each turn would send everything again. */
  #retry: Timer | undefined
  /** Since when Redis has taken nothing. */
  #returningSince: number | undefined
  #drained: Deferred<void> | undefined

  constructor(connection: Connection, options: OutboxOptions) {
    this.#connection = connection
    this.#command = options.end === 'left' ? 'lpush' : 'rpush'
    this.#expireMs = options.expireMs
    this.#atomicExpiry = options.atomicExpiry ?? false
    this.#patienceMs = options.patienceMs
    this.#clock = options.clock ?? systemClock
    this.#expiries = new ExpiryRenewal(connection, this.#clock, options.onError)
    this.#watchdog = new Watchdog(this.#clock, () => {
      if (connection.ready !== undefined) connection.drop(connection.ready)
    })
    connection.observe({ up: () => this.#flushNow(), unavailable: (error) => this.#refuse(error) })
  }

  /** Sends a message; `delivered` is called if it arrives, `undelivered` if it fails. */
  push(list: string, message: Outgoing): void {
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
    return this.#lengths.get(list) ?? 0
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

  /** Resolves once all lists that were pushed to expire, as far as they should; nothing is pushed any more. */
  expiring(): Promise<void> {
    return this.#expiries.stop()
  }

  /** Refuses what has not left yet; what is unconfirmed is settled by the connection's end. */
  close(): void {
    this.#watchdog.stop()
    void this.#expiries.stop()
    this.#refuse(new ClosedError('closed before the message was sent'))
  }

  get #isEmpty(): boolean {
    return this.#unconfirmed === 0 && this.#lists.size === 0 && this.#returned.size === 0
  }

  /** Whether Redis could take a push now and has nothing of ours to do. */
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

  /** What waits, what was returned first. */
  #takeAll(): Map<string, Outgoing[]>[] {
    const waiting = this.#returned.size === 0 ? [this.#lists] : [this.#returned, this.#lists]
    if (this.#returned.size > 0) this.#returned = new Map()
    this.#lists = new Map()
    return waiting
  }

  #cut(list: string, waiting: readonly Outgoing[], into: Batch[]): void {
    const expireMs = this.#expireMs(list)
    let messages: Outgoing[] = []
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
    // Behind the push on the same connection; its own failure changes nothing for the message.
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
      // Redis says it did not take them, so sending them again repeats nothing.
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
    this.#returningSince ??= this.#clock.now()
    return this.#clock.now() - this.#returningSince < this.#patienceMs
  }

  /** Redis owes that many answers more. */
  #await(batches: readonly Batch[]): void {
    const wasIdle = this.#unconfirmed === 0
    this.#unconfirmed += batches.length
    for (const batch of batches) this.#unconfirmedCharacters += batch.characters
    if (wasIdle) this.#watch()
  }

  /** Redis answers once it has read all: a large push on a slow line takes its time. */
  #watch(): void {
    this.#watchdog.start(LONGEST_SILENCE_MS + Math.floor(this.#unconfirmedCharacters / SLOWEST_CHARACTERS_PER_MS))
  }

  /** One push was answered, in whatever way; the next answer has its full time. */
  #done(batch: Batch): void {
    this.#unconfirmedCharacters -= batch.characters
    if (--this.#unconfirmed > 0) this.#watch()
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
