import { ClosedError, type DeliveryError } from '../errors.ts'
import { type Clock, systemClock, type Timer } from '../util/clock.ts'
import { type Deferred, deferred } from '../util/deferred.ts'
import type { Connection } from './connection.ts'
import { readFailure, toCallerError } from './redis-failure.ts'
import type { RedisLife } from './source.ts'

/** One message on its way to a list. */
export interface Outgoing {
  readonly text: string
  /** True once nobody wants it sent any more; then it is left out. */
  readonly cancelled: boolean
  /** It did not get there (`ConnectionError`), or may not have (`DeliveryUnknownError`). */
  undelivered(error: DeliveryError): void
}

/**
 * A batch is cut once it holds this many characters. Larger ones make both ends take turns: one serialises while the
 * other waits (measured with 1 MB messages: 0.65 of the throughput of one message a command).
 */
const BATCH_CHARACTERS = 65_536
const RETRY_MS = 100

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
  readonly #clock: Clock
  #lists = new Map<string, Outgoing[]>()
  #turnHasFlushed = false
  #scheduled = false
  #unconfirmed = 0
  #retry: Timer | undefined
  #drained: Deferred<void> | undefined

  /** @param expireMs how long a list lives after the last push, so that one nobody reads goes away; undefined: for ever */
  constructor(connection: Connection, expireMs: (list: string) => number | undefined, clock: Clock = systemClock) {
    this.#connection = connection
    this.#expireMs = expireMs
    this.#clock = clock
    connection.observe({ up: () => this.#flush(), unavailable: (error) => this.#refuse(error) })
  }

  /** Sends a message; `undelivered` is called if it fails, nothing if it arrives. */
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
    for (const [list, messages] of lists) this.#send(redis, list, messages)
    this.#settle()
  }

  #send(redis: RedisLife, list: string, messages: Outgoing[]): void {
    let batch: Outgoing[] = []
    let texts: string[] = []
    let characters = 0
    for (const message of messages) {
      if (message.cancelled) continue
      if (characters > 0 && characters + message.text.length > BATCH_CHARACTERS) {
        this.#rpush(redis, list, texts, batch)
        batch = []
        texts = []
        characters = 0
      }
      batch.push(message)
      texts.push(message.text)
      characters += message.text.length
    }
    if (batch.length > 0) this.#rpush(redis, list, texts, batch)
  }

  #rpush(redis: RedisLife, list: string, texts: string[], batch: Outgoing[]): void {
    this.#unconfirmed++
    redis.rpush(list, ...texts).then(this.#confirmed, (error: unknown) => this.#failed(redis, list, batch, error))
    // Behind the push on the same connection; its own failure changes nothing for the message.
    const expireMs = this.#expireMs(list)
    if (expireMs !== undefined) redis.pexpire(list, expireMs).catch(() => {})
  }

  readonly #confirmed = (): void => {
    this.#unconfirmed--
    this.#settle()
  }

  #failed(redis: RedisLife, list: string, batch: Outgoing[], error: unknown): void {
    const failure = readFailure(error)
    if (failure === 'moved') this.#connection.drop(redis)
    if (failure === 'moved' || failure === 'busy') {
      // Redis says it did not take them, so sending them again repeats nothing. They go before what came later.
      this.#lists.set(list, [...batch, ...(this.#lists.get(list) ?? [])])
      this.#retry ??= this.#clock.setTimer(this.#flush, RETRY_MS)
    } else {
      for (const message of batch) message.undelivered(toCallerError(error, `push to ${list}`))
    }
    this.#confirmed()
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
