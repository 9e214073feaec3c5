import { ClosedError, type DeliveryError } from '../errors.ts'
import { type Clock, systemClock, type Timer } from '../util/clock.ts'
import { type Deferred, deferred } from '../util/deferred.ts'
import type { Connection } from './connection.ts'
import { readFailure, toCallerError } from './redis-failure.ts'
import type { RedisLife } from './source.ts'
import { type Push, pushInTransaction } from './transaction.ts'

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
const RETRY_MS = 100

export interface OutboxOptions {
  /** How long a list lives after the last push, so that one nobody reads goes away, in ms; undefined: for ever. */
  readonly expireMs: (list: string) => number | undefined
  /**
   * Whether a push and its list's expiry are one transaction. It costs three commands more for a single push, and two for each
   * of many, instead of one behind.
   */
  readonly atomicExpiry?: boolean
  readonly clock?: Clock
}

/** A push and the messages it carries. */
interface Batch extends Push {
  readonly messages: readonly Outgoing[]
}

/**
 * Pushes messages to the right end of lists. What is pushed to one list within one turn of the event loop leaves as one
 * variadic RPUSH: a command a message costs Redis and ioredis about ten times as much.
 *
 * When it leaves: the first message of a turn on `nextTick`, so that a lone call waits for nothing; what follows in the same
 * turn together in `setImmediate`, so that calls begun by many events of one turn still share a command.
 *
 * A push whose fate is unknown, because the connection broke before Redis confirmed it, is never sent again.
 */
export class Outbox {
  readonly #connection: Connection
  readonly #expireMs: (list: string) => number | undefined
  readonly #atomicExpiry: boolean
  readonly #clock: Clock
  #lists = new Map<string, Outgoing[]>()
  #turnHasFlushed = false
  #scheduled = false
  #unconfirmed = 0
  #retry: Timer | undefined
  #drained: Deferred<void> | undefined

  constructor(connection: Connection, options: OutboxOptions) {
    this.#connection = connection
    this.#expireMs = options.expireMs
    this.#atomicExpiry = options.atomicExpiry ?? false
    this.#clock = options.clock ?? systemClock
    connection.observe({ up: () => this.#flush(), unavailable: (error) => this.#refuse(error) })
  }

  /** Sends a message; `delivered` is called if it arrives, `undelivered` if it fails. */
  push(list: string, message: Outgoing): void {
    const waiting = this.#lists.get(list)
    if (waiting === undefined) this.#lists.set(list, [message])
    else waiting.push(message)
    if (!this.#scheduled) this.#schedule()
  }

  /** Resolves once everything pushed so far was confirmed or failed. */
  drained(): Promise<void> {
    if (this.#unconfirmed === 0 && this.#lists.size === 0) return Promise.resolve()
    this.#drained ??= deferred()
    return this.#drained.promise
  }

  /** Refuses what has not left yet; what is unconfirmed is settled by the connection's end. */
  close(): void {
    this.#clock.clearTimer(this.#retry)
    this.#retry = undefined
    this.#refuse(new ClosedError('closed before the message was sent'))
  }

  #schedule(): void {
    this.#scheduled = true
    if (this.#turnHasFlushed) return
    this.#turnHasFlushed = true
    process.nextTick(this.#flush)
    setImmediate(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#turnHasFlushed = false
    if (this.#scheduled) this.#flush()
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    this.#clock.clearTimer(this.#retry)
    this.#retry = undefined
    if (this.#lists.size === 0) return
    const redis = this.#connection.ready
    if (redis === undefined) {
      if (this.#connection.failure !== undefined) this.#refuse(this.#connection.failure)
      return // the connection's `up` flushes, its `unavailable` refuses
    }
    const lists = this.#lists
    this.#lists = new Map()
    const batches: Batch[] = []
    for (const [list, messages] of lists) this.#cut(list, messages, batches)
    if (this.#atomicExpiry) this.#transact(redis, batches)
    else for (const batch of batches) this.#push(redis, batch)
    this.#settle()
  }

  #cut(list: string, waiting: readonly Outgoing[], into: Batch[]): void {
    const expireMs = this.#expireMs(list)
    let messages: Outgoing[] = []
    let texts: string[] = []
    let characters = 0
    for (const message of waiting) {
      if (message.cancelled) continue
      if (characters > 0 && characters + message.text.length > BATCH_CHARACTERS) {
        into.push({ list, messages, texts, expireMs })
        messages = []
        texts = []
        characters = 0
      }
      messages.push(message)
      texts.push(message.text)
      characters += message.text.length
    }
    if (messages.length > 0) into.push({ list, messages, texts, expireMs })
  }

  #push(redis: RedisLife, batch: Batch): void {
    this.#unconfirmed++
    redis.rpush(batch.list, ...batch.texts).then(
      () => this.#confirmed(batch),
      (error: unknown) => this.#failed(redis, batch, error),
    )
    // Behind the push on the same connection; its own failure changes nothing for the message.
    if (batch.expireMs !== undefined) redis.pexpire(batch.list, batch.expireMs).catch(() => {})
  }

  #transact(redis: RedisLife, batches: readonly Batch[]): void {
    // The lists of one transaction would have to share a slot.
    const size = redis.isCluster ? 1 : TRANSACTION_PUSHES
    for (let i = 0; i < batches.length; i += size) {
      const together = batches.slice(i, i + size)
      this.#unconfirmed += together.length
      void pushInTransaction(redis, together).then((errors) => {
        for (const [index, batch] of together.entries()) {
          if (errors[index] === undefined) this.#confirmed(batch)
          else this.#failed(redis, batch, errors[index])
        }
      })
    }
  }

  #confirmed(batch: Batch): void {
    for (const message of batch.messages) message.delivered?.()
    this.#done()
  }

  #failed(redis: RedisLife, batch: Batch, error: unknown): void {
    const { list, messages } = batch
    const failure = readFailure(error)
    if (failure === 'moved') this.#connection.drop(redis)
    if (failure === 'moved' || failure === 'busy') {
      // Redis says it did not take them, so sending them again repeats nothing. They go before what came later.
      this.#lists.set(list, [...messages, ...(this.#lists.get(list) ?? [])])
      this.#retry ??= this.#clock.setTimer(this.#flush, RETRY_MS)
    } else {
      for (const message of messages) message.undelivered(toCallerError(error, `push to ${list}`))
    }
    this.#done()
  }

  #done(): void {
    this.#unconfirmed--
    this.#settle()
  }

  #refuse(error: DeliveryError): void {
    const lists = this.#lists
    this.#lists = new Map()
    for (const messages of lists.values()) for (const message of messages) message.undelivered(error)
    this.#settle()
  }

  #settle(): void {
    if (this.#drained !== undefined && this.#unconfirmed === 0 && this.#lists.size === 0) {
      this.#drained.resolve()
      this.#drained = undefined
    }
  }
}
