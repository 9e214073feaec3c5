import { ClosedError, ConnectionError } from '../errors.ts'
import { type Clock, systemClock, type Timer } from '../util/clock.ts'
import { type Deferred, deferred } from '../util/deferred.ts'
import { describeSource, openLife, type RedisLife, type RedisSource } from './source.ts'

/** Who wants to know of a connection's ups and downs. */
export interface ConnectionObserver {
  /** Connected (again), to this one. */
  up?(life: RedisLife): void
  /** Not connected for `connectTimeoutMs`, or refused; it goes on trying. */
  unavailable?(error: ConnectionError): void
}

export interface ConnectionOptions {
  /** How long without a connection until waiting work is refused, in ms. */
  readonly connectTimeoutMs: number
  readonly clock?: Clock
}

const FIRST_RETRY_MS = 50
const LONGEST_RETRY_MS = 2_000
/** Errors that no retry mends soon; who waits is told at once. */
const HOPELESS =
  /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR Client sent AUTH|ERR invalid password|ERR invalid DB index|ERR DB index)/

/**
 * One connection to Redis that comes back after it was lost. Each life is an ioredis client of its own
 * ({@link openLife}), so that whatever was in flight when the connection broke is known to be lost, exactly once.
 */
export class Connection {
  readonly #source: RedisSource
  readonly #connectTimeoutMs: number
  readonly #clock: Clock
  readonly #observers = new Set<ConnectionObserver>()
  #life: RedisLife | undefined
  #ready: RedisLife | undefined
  #failure: ConnectionError | undefined
  #lastError: unknown
  #attempts = 0
  #retry: Timer | undefined
  #patience: Timer | undefined
  #waiting: Deferred<RedisLife> | undefined
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(source: RedisSource, options: ConnectionOptions) {
    this.#source = source
    this.#connectTimeoutMs = options.connectTimeoutMs
    this.#clock = options.clock ?? systemClock
  }

  /** The connected client, or undefined while there is none. */
  get ready(): RedisLife | undefined {
    return this.#ready
  }

  /** Why work is refused just now; undefined while connected, or while it is too early to give up. */
  get failure(): ConnectionError | undefined {
    return this.#failure
  }

  observe(observer: ConnectionObserver): void {
    this.#observers.add(observer)
  }

  /**
   * Connects, if that has not begun; resolves with the client once there is one.
   * @throws ConnectionError when there is none within `connectTimeoutMs`, or Redis refuses us
   * @throws ClosedError after {@link Connection.close}
   */
  open(): Promise<RedisLife> {
    if (this.#state === 'closed') return Promise.reject(new ClosedError('the connection is closed'))
    if (this.#ready !== undefined) return Promise.resolve(this.#ready)
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#waiting === undefined) {
      this.#waiting = deferred<RedisLife>()
      this.#waiting.promise.catch(() => {})
    }
    if (this.#state === 'new') {
      this.#state = 'open'
      this.#startPatience()
      this.#connect()
    }
    return this.#waiting.promise
  }

  /** Gives up a connection that no longer answers, or leads to the wrong server, and makes a fresh one. */
  drop(life: RedisLife): void {
    if (life === this.#life) life.disconnect()
  }

  /** Ends the connection for good; what is in flight on it is rejected. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#clock.clearTimer(this.#retry)
    this.#clock.clearTimer(this.#patience)
    this.#ready = undefined
    this.#life?.disconnect()
    this.#waiting?.reject(new ClosedError('the connection was closed'))
  }

  #connect(): void {
    const life = openLife(this.#source, this.#connectTimeoutMs)
    this.#life = life
    // Without a listener ioredis prints errors to the console; the reason is kept for whoever waits.
    life.on('error', (error: unknown) => {
      this.#lastError = error
    })
    life.once('end', () => this.#lost(life))
    life.connect().then(
      () => this.#up(life),
      (error: unknown) => {
        this.#lastError ??= error
      },
    )
  }

  #up(life: RedisLife): void {
    if (life !== this.#life || this.#state === 'closed') return
    this.#clock.clearTimer(this.#patience)
    this.#patience = undefined
    this.#failure = undefined
    this.#lastError = undefined
    this.#attempts = 0
    this.#ready = life
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(life)
    for (const observer of this.#observers) observer.up?.(life)
  }

  #lost(life: RedisLife): void {
    if (life !== this.#life || this.#state === 'closed') return
    this.#ready = undefined
    this.#life = undefined
    if (this.#patience === undefined && this.#failure === undefined) this.#startPatience()
    if (this.#lastError instanceof Error && HOPELESS.test(this.#lastError.message)) this.#giveUp()
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.#attempts++, LONGEST_RETRY_MS)
    this.#retry = this.#clock.setTimer(() => this.#connect(), delayMs * (0.75 + Math.random() / 2))
  }

  #startPatience(): void {
    this.#patience = this.#clock.setTimer(() => this.#giveUp(), this.#connectTimeoutMs)
  }

  #giveUp(): void {
    this.#clock.clearTimer(this.#patience)
    this.#patience = undefined
    const reason = this.#lastError instanceof Error ? this.#lastError.message : 'no answer'
    const failure = new ConnectionError(`no connection to Redis at ${describeSource(this.#source)}: ${reason}`, {
      cause: this.#lastError,
    })
    this.#failure = failure
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(failure)
    for (const observer of this.#observers) observer.unavailable?.(failure)
  }
}
