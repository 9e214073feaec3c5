import { ClosedError, ConnectionError } from '../errors.ts'
import type { Clock, ClockTimer } from '../util/clock.ts'
import { type Deferred, deferred } from '../util/deferred.ts'
import { Pauses } from '../util/pauses.ts'
import { admit, UnusableServerError } from './admission.ts'
import { type Identity, identify } from './identity.ts'
import type { RedisAddress, RedisLife } from './source.ts'
import { LONGEST_SILENCE_MS, Watchdog } from './watchdog.ts'

/** Observes the state of a connection. */
export interface ConnectionObserver {
  /** Connected (again), to this one. */
  up?(life: RedisLife): void
  /**
   * Not connected for `connectTimeoutMs`, or refused; it keeps trying. Called once until it is up
   * again.
   */
  unavailable?(error: ConnectionError): void
}

export interface ConnectionOptions {
  /**
   * How long to wait for the first connection before waiting work fails, in ms; also the time-out
   * of one attempt.
   */
  readonly connectTimeoutMs: number
  /** The same after it has been connected once. @defaultValue `connectTimeoutMs` */
  readonly outageTimeoutMs?: number
  /**
   * A key. If given, the connection finds out which Redis it leads to ({@link identify}), and ends
   * its earlier connections there.
   */
  readonly home?: string
  readonly clock: Clock
}

const FIRST_RETRY_MS = 50
const LONGEST_RETRY_MS = 400
/** The retry interval while the server is loading its data, in ms. */
const LOADING_RETRY_MS = 200
/** Errors that a retry will not fix soon; waiting callers fail immediately. */
const HOPELESS = /^(WRONGPASS|NOAUTH|NOPERM|DENIED|ERR AUTH|ERR Client sent AUTH|ERR invalid password)/

/**
 * A connection to Redis that reconnects. Each life is a separate ioredis client, so that everything
 * in flight when the connection broke is known to be lost, exactly once.
 */
export class Connection {
  readonly #address: RedisAddress
  readonly #connectTimeoutMs: number
  readonly #outageTimeoutMs: number
  readonly #home: string | undefined
  readonly #clock: Clock
  readonly #observers = new Set<ConnectionObserver>()
  readonly #patience: Watchdog
  readonly #handshake: Watchdog
  /** The life that is connecting or connected; undefined during the pause before the next one. */
  #life: RedisLife | undefined
  #isUp = false
  #failure: ConnectionError | undefined
  #lastError: unknown
  #attempts = 0
  #retry: ClockTimer | undefined
  #waiting: Deferred<RedisLife> | undefined
  #state: 'new' | 'open' | 'closed' = 'new'
  #identity: Identity | undefined
  #upSince: number | undefined
  /** Earlier connections that Redis may still hold. */
  #former: Identity[] = []
  readonly #silence: Watchdog
  readonly #pauses: Pauses
  /** How many watched answers are pending. */
  #watched = 0

  constructor(address: RedisAddress, options: ConnectionOptions) {
    this.#address = address
    this.#connectTimeoutMs = options.connectTimeoutMs
    this.#outageTimeoutMs = options.outageTimeoutMs ?? options.connectTimeoutMs
    this.#home = options.home
    this.#clock = options.clock
    this.#silence = new Watchdog(this.#clock, () => this.#life !== undefined && this.#lost(this.#life))
    this.#patience = new Watchdog(this.#clock, () => this.#giveUp())
    this.#pauses = new Pauses(this.#clock)
    // A server that accepts the connection and then stays silent would block the attempt forever.
    this.#handshake = new Watchdog(this.#clock, () => this.#life !== undefined && this.#lost(this.#life))
  }

  /** The connected client, or undefined while there is none. */
  get ready(): RedisLife | undefined {
    // ioredis knows about the end of a connection some time before it reports it; a command sent
    // then would get lost.
    return this.#isUp && this.#life?.status === 'ready' ? this.#life : undefined
  }

  /** Why work currently fails; undefined while connected, or while it is too early to give up. */
  get failure(): ConnectionError | undefined {
    return this.#failure
  }

  /**
   * Why work is waiting or failing; undefined while connected, and before anything was requested.
   */
  get obstacle(): ConnectionError | undefined {
    if (this.#state !== 'open' || this.#isUp) return undefined
    return this.#failure ?? this.#absence()
  }

  /** Returns a function that ends the observation. */
  observe(observer: ConnectionObserver): () => void {
    this.#observers.add(observer)
    return () => void this.#observers.delete(observer)
  }

  /**
   * The Redis it leads to, or led to last; undefined if that was not requested or could not be
   * determined.
   */
  get identity(): Identity | undefined {
    return this.#identity
  }

  /** Since when it is connected; undefined while it is not. */
  get upSince(): number | undefined {
    return this.ready === undefined ? undefined : this.#upSince
  }

  /**
   * Whether nothing that was sent on an earlier connection can still arrive: those were ended at
   * Redis, or with it.
   */
  get hasEndedFormer(): boolean {
    return this.#former.length === 0
  }

  /**
   * Runs commands and monitors them: a connection that leaves them unanswered is dropped.
   * @throws ConnectionError when there is no connection
   * @throws the errors of the commands
   */
  async run<T>(commands: (redis: RedisLife) => Promise<T>, patienceMs: number = LONGEST_SILENCE_MS): Promise<T> {
    const redis = this.ready
    if (redis === undefined) throw this.obstacle ?? this.#absence()
    return this.watch(commands(redis), patienceMs)
  }

  /**
   * Monitors an answer: if none arrives in time, the connection is dropped. Any answer shows that
   * it is alive.
   */
  async watch<T>(answer: Promise<T>, patienceMs: number = LONGEST_SILENCE_MS): Promise<T> {
    // Those that are pending keep their time: later commands must not postpone the end of a silence.
    if (this.#watched++ === 0) this.#silence.start(patienceMs)
    try {
      return await answer
    } finally {
      // An earlier pending answer says nothing about this one.
      if (--this.#watched === 0) this.#silence.stop()
      else if (this.#life !== undefined) this.#silence.start(patienceMs)
    }
  }

  /**
   * Ends connections at this Redis, by id, as far as it is allowed.
   * @see https://redis.io/docs/latest/commands/client-kill/
   */
  endConnections(ids: readonly number[]): void {
    const node = this.ready === undefined ? undefined : this.#identity?.node
    for (const id of ids) node?.client('KILL', 'ID', id).catch(() => {})
  }

  /**
   * Starts connecting if necessary; resolves with the client once connected.
   * @throws ConnectionError when that takes longer than `connectTimeoutMs`, or Redis refuses the
   * connection
   * @throws ClosedError after {@link Connection.close}
   */
  open(): Promise<RedisLife> {
    if (this.#state === 'closed') return Promise.reject(new ClosedError('the connection is closed'))
    const { ready } = this
    if (ready !== undefined) return Promise.resolve(ready)
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#waiting === undefined) {
      this.#waiting = deferred<RedisLife>()
      this.#waiting.promise.catch(() => {})
    }
    const { promise } = this.#waiting
    if (this.#state === 'new') {
      this.#state = 'open'
      this.#patience.start(this.#connectTimeoutMs)
      this.#connect()
    }
    return promise
  }

  /**
   * Drops a connection that no longer answers or leads to the wrong server, and opens a new one.
   */
  drop(life: RedisLife): void {
    this.#lost(life)
  }

  /** Waits before another attempt; ends at once when the connection is closed. */
  pause(delayMs: number): Promise<void> {
    return this.#pauses.wait(delayMs)
  }

  /** Closes the connection permanently; commands in flight are rejected. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#clock.clearTimer(this.#retry)
    this.#patience.stop()
    this.#handshake.stop()
    this.#silence.stop()
    this.#pauses.close()
    this.#isUp = false
    this.#life?.disconnect()
    this.#life = undefined
    this.#waiting?.reject(new ClosedError('the connection was closed'))
  }

  #connect(): void {
    let life: RedisLife
    try {
      life = this.#address.open(this.#connectTimeoutMs)
    } catch (error) {
      // ioredis refuses the options, which will not change.
      this.#lastError = error
      return this.#giveUp()
    }
    this.#life = life
    this.#handshake.start(this.#connectTimeoutMs)
    // Without a listener ioredis prints errors to the console; the reason is kept for waiting
    // callers.
    life.on('error', (error: unknown) => {
      if (life === this.#life) this.#lastError = error
    })
    life.once('end', () => this.#lost(life))
    life.connect().then(
      () => this.#admit(life),
      (error: unknown) => {
        this.#lastError ??= error
      },
    )
  }

  /** Nothing is sent on it before it is known to lead to the right server. */
  async #admit(life: RedisLife): Promise<void> {
    try {
      await admit(life)
      const identity = this.#home === undefined ? undefined : await identify(life, this.#home)
      if (life !== this.#life) return
      this.#identity = identity
      this.#endFormer(identity)
    } catch (error) {
      if (life === this.#life) this.#lastError = error
      return this.#lost(life)
    }
    this.#up(life)
  }

  /**
   * Rule R5 of `docs/delivery.md`. Sent first, so that it takes effect before anything sent later.
   */
  #endFormer(identity: Identity | undefined): void {
    if (identity === undefined || identity.life === '') return
    // Connections to an earlier life of Redis are gone with it.
    this.#former = this.#former.filter(({ life }) => life === identity.life)
    for (const former of [...this.#former]) {
      if (former.clientId === undefined) continue
      identity.node.client('KILL', 'ID', former.clientId).then(
        () => {
          this.#former = this.#former.filter((each) => each !== former)
        },
        () => {},
      )
    }
  }

  #up(life: RedisLife): void {
    this.#upSince = this.#clock.now()
    this.#handshake.stop()
    this.#patience.stop()
    this.#failure = undefined
    this.#lastError = undefined
    this.#attempts = 0
    this.#isUp = true
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(life)
    for (const observer of this.#observers) observer.up?.(life)
  }

  /** Nothing is sent on it from now on; commands in flight may take a moment to be rejected. */
  #lost(life: RedisLife): void {
    if (life !== this.#life) return
    this.#life = undefined
    this.#handshake.stop()
    this.#silence.stop()
    if (this.#isUp && this.#identity !== undefined) this.#former.push(this.#identity)
    // Even if it has ended by itself: ioredis may still have timers and other connections.
    life.disconnect()
    if (this.#isUp && this.#outageTimeoutMs !== Number.POSITIVE_INFINITY) this.#patience.start(this.#outageTimeoutMs)
    this.#isUp = false
    if (isHopeless(this.#lastError)) this.#giveUp()
    const longestMs = isLoading(this.#lastError) ? LOADING_RETRY_MS : LONGEST_RETRY_MS
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.#attempts++, longestMs)
    this.#retry = this.#clock.setTimer(() => this.#connect(), delayMs * (0.75 + Math.random() / 2))
  }

  #absence(): ConnectionError {
    return new ConnectionError(`no connection to Redis at ${this.#address.description}: ${reasonOf(this.#lastError)}`, {
      cause: this.#lastError,
    })
  }

  #giveUp(): void {
    this.#patience.stop()
    if (this.#failure !== undefined) return
    const failure = this.#absence()
    this.#failure = failure
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(failure)
    for (const observer of this.#observers) observer.unavailable?.(failure)
  }
}

function isHopeless(error: unknown): boolean {
  return error instanceof UnusableServerError || (error instanceof Error && HOPELESS.test(error.message))
}

function isLoading(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('LOADING ')
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  // For a cluster ioredis only says that no node could be reached; the last node's own message is
  // here.
  const { lastNodeError } = error as { lastNodeError?: unknown }
  return lastNodeError instanceof Error ? `${error.message} ${lastNodeError.message}` : error.message
}
