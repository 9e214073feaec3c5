import { toCallerError } from '../../link/redis-failure.ts'
import type { RedisLife } from '../../link/source.ts'
import type { Clock } from '../../util/clock.ts'
import { Pauses } from '../../util/pauses.ts'
import { FIRST_PAUSE_MS, isRefused, longer } from './looks.ts'
import { claimRecord, finishRecord, type OnceRecord, releaseRecord, serverOfClaim } from './record.ts'

/** How many claims of servers that are gone are remembered. */
const MOST_ABANDONED = 1_000

export interface ClaimsHost {
  /** The id of this server. */
  readonly id: string
  readonly clock: Clock
  readonly run: <T>(commands: (redis: RedisLife) => Promise<T>) => Promise<T>
  /** Whether this server is closing and no longer waits for anything. */
  readonly isGivenUp: () => boolean
  /** Whether another server is gone. */
  readonly isGone: (server: string) => boolean
  readonly onError: (error: Error) => void
}

/** What a claim says besides its own name. */
interface Claim {
  /** The fingerprint of the call. */
  readonly of: string
  readonly ttlMs: number
  /** Whether the call may run although another server, which is gone, may have run it. */
  readonly mayRunTwice: boolean
}

/** The claims of this server on the records of idempotency keys: a method runs only under one. */
export class Claims {
  readonly #host: ClaimsHost
  /** Whether calls wait for a record. */
  readonly #isAwaited: (key: string) => boolean
  readonly #onReleased: () => void
  /** The records under which calls of this server have begun and not ended. */
  readonly #current = new Set<string>()
  /**
   * Claims that Redis may have stored: the connection broke before it confirmed them. Nothing runs
   * under them.
   */
  readonly #doubtful = new Map<string, string>()
  /** Claims that Redis may have stored and that no call needs any more: they are being released. */
  readonly #unused = new Set<string>()
  /** Claims of servers that are gone, which calls that may run twice can take over. */
  readonly #abandoned = new Map<string, string>()
  readonly #pauses: Pauses
  #last = 0

  constructor(host: ClaimsHost, isAwaited: (key: string) => boolean, onReleased: () => void) {
    this.#host = host
    this.#pauses = new Pauses(host.clock)
    this.#isAwaited = isAwaited
    this.#onReleased = onReleased
  }

  /** Whether claims are being released. */
  get isReleasing(): boolean {
    return this.#unused.size > 0
  }

  /** Whether a call of this server has begun under a record. */
  has(key: string): boolean {
    return this.#current.has(key)
  }

  /** Whether a record has a claim of this server under which nothing runs. */
  isDoubtful(key: string, by: string): boolean {
    return this.#doubtful.get(key) === by
  }

  /** Whether the claimed call is no longer running. */
  isAbandoned(by: string): boolean {
    const server = serverOfClaim(by)
    return server === this.#host.id ? !this.#unused.has(by) : this.#host.isGone(server)
  }

  /** Begins a call; returns the name of its claim. */
  begin(key: string): string {
    this.#current.add(key)
    return this.#doubtful.get(key) ?? `${this.#host.id}.${++this.#last}`
  }

  end(key: string): void {
    this.#current.delete(key)
  }

  /**
   * Claims the record and returns its content; undefined: unknown.
   * @throws ConnectionError when Redis refuses
   */
  async claim(key: string, by: string, { of, ttlMs, mayRunTwice }: Claim): Promise<OnceRecord | undefined> {
    const abandoned = mayRunTwice ? this.#abandoned.get(key) : undefined
    try {
      const found = await this.#host.run((redis) => claimRecord(redis, key, { of, by, ttlMs, abandoned }))
      this.#doubtful.delete(key)
      this.#abandoned.delete(key)
      return found
    } catch (error) {
      if (isRefused(error)) {
        this.leaveDoubt(key)
        throw toCallerError(error, `the claim of ${key}`)
      }
      this.#doubtful.set(key, by)
      return undefined
    }
  }

  /** Stores the reply before it is sent; false if another server has taken the call over. */
  async finish(key: string, record: OnceRecord, ttlMs: number): Promise<boolean> {
    const { run, isGivenUp, onError } = this.#host
    for (let pauseMs = FIRST_PAUSE_MS; !isGivenUp(); pauseMs = longer(pauseMs)) {
      try {
        return await run((redis) => finishRecord(redis, key, record, ttlMs))
      } catch (error) {
        if (isRefused(error)) {
          onError(toCallerError(error, `the result of ${key}, which is not kept`))
          return true
        }
      }
      await this.#pauses.wait(pauseMs)
    }
    return true
  }

  /** Gives up a claim whose call waits again. */
  async release(key: string, by: string): Promise<void> {
    await this.#host.run((redis) => releaseRecord(redis, key, by)).catch(() => this.#doubtful.set(key, by))
  }

  /** Gives up a claim that no call needs, however long that takes. */
  async giveUp(key: string, by: string): Promise<void> {
    const { run, isGivenUp } = this.#host
    this.#unused.add(by)
    for (let pauseMs = FIRST_PAUSE_MS; !isGivenUp(); pauseMs = longer(pauseMs)) {
      try {
        await run((redis) => releaseRecord(redis, key, by))
        break
      } catch (error) {
        if (isRefused(error)) break
      }
      await this.#pauses.wait(pauseMs)
    }
    this.#unused.delete(by)
    this.#onReleased()
  }

  /** An unused claim must not keep others waiting, or look like a lost call. */
  leaveDoubt(key: string): void {
    const by = this.#doubtful.get(key)
    if (by === undefined || this.#isAwaited(key)) return
    this.#doubtful.delete(key)
    void this.giveUp(key, by)
  }

  /** The server of this claim is gone: calls that may run twice can take it over. */
  abandon(key: string, by: string): void {
    if (this.#abandoned.size >= MOST_ABANDONED) this.#abandoned.clear()
    this.#abandoned.set(key, by)
  }

  /** Nothing is tried again. */
  close(): void {
    this.#pauses.close()
  }
}
