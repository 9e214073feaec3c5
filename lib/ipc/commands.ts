import { ConnectionError, RpcError, UnsupportedError, WrongTypeError } from '../errors.ts'
import { Connection } from '../link/connection.ts'
import { type RedisFailure, readFailure, toCallerError } from '../link/redis-failure.ts'
import type { RedisAddress, RedisLife } from '../link/source.ts'
import type { Clock } from '../util/clock.ts'

export type RedisType = 'list' | 'hash' | 'zset' | 'stream' | 'string'

/** Describes a command, for its errors. */
export interface CommandSpec {
  /** In words: `publish to jobs`. */
  readonly what: string
  /** The keys it touches, and the type each must have. */
  readonly keys: Readonly<Record<string, RedisType>>
  /**
   * Whether to send it again if the connection broke before Redis answered, because running it
   * twice does no harm.
   */
  readonly repeatable: boolean
  /**
   * Whether to keep trying until closed instead of only for the connect time-out; used when no
   * caller waits for it.
   * @defaultValue false
   */
  readonly persistent?: boolean
}

export interface CommandsOptions {
  readonly connectTimeoutMs: number
  readonly clock: Clock
}

const RETRY_MS = 100
/** How many times a command is sent again after losing the connection. */
const MOST_LOSSES = 3

/** Sends non-blocking commands over one connection, and translates their errors. */
export class Commands {
  readonly connection: Connection
  readonly #connectTimeoutMs: number
  readonly #clock: Clock

  /** @param on an address, or a shared connection */
  constructor(on: RedisAddress | Connection, { connectTimeoutMs, clock }: CommandsOptions) {
    this.connection = on instanceof Connection ? on : new Connection(on, { connectTimeoutMs, clock })
    this.#connectTimeoutMs = connectTimeoutMs
    this.#clock = clock
  }

  /**
   * @param send may be called again after a failure, if nothing was certainly done or the work is
   * repeatable; `repeated` is true if an earlier call may have been run
   * @throws ConnectionError when Redis cannot be reached, or refused the command
   * @throws DeliveryUnknownError when the connection broke first, and the work is not repeatable
   * @throws WrongTypeError when a key has another type
   * @throws UnsupportedError when the server does not have the command
   * @throws ClosedError
   */
  async run<T>(work: CommandSpec, send: (redis: RedisLife, repeated: boolean) => Promise<T>): Promise<T> {
    const lastTry = this.#clock.now() + this.#connectTimeoutMs
    let losses = 0
    for (;;) {
      const redis = this.connection.ready ?? (await this.#open(work))
      try {
        return await this.connection.watch(send(redis, losses > 0))
      } catch (error) {
        if (error instanceof RpcError) throw error
        const failure = readFailure(error)
        if (failure === 'moved') this.connection.drop(redis)
        if (failure === 'lost') losses++
        if (!this.#mayRepeat(work, failure, losses, lastTry)) throw await this.toError(error, work)
        await this.connection.pause(RETRY_MS)
      }
    }
  }

  #mayRepeat(work: CommandSpec, failure: RedisFailure, losses: number, lastTry: number): boolean {
    switch (failure) {
      case 'lost':
        return work.repeatable && (work.persistent === true || losses <= MOST_LOSSES)
      case 'busy':
      case 'moved':
        return work.persistent === true || this.#clock.now() < lastTry
      default:
        return false
    }
  }

  /** The error for the caller, given the error that a command was rejected with. */
  async toError(error: unknown, work: CommandSpec): Promise<RpcError> {
    if (error instanceof RpcError) return error
    const text = textOf(error)
    if (/\bWRONGTYPE\b/.test(text)) return (await this.#wrongType(work, error)) ?? toCallerError(error, work.what)
    const unknownCommand = /unknown command [`'"]?([\w.]+)/i.exec(text)
    if (unknownCommand === null) return toCallerError(error, work.what)
    return new UnsupportedError(String(unknownCommand[1]).toUpperCase(), `${work.what} needs it`, { cause: error })
  }

  /**
   * The error if there is no connection to find out whether the awaited item exists; undefined while
   * connected.
   */
  blindness(waitingFor: string): ConnectionError | undefined {
    const { ready, failure } = this.connection
    if (ready !== undefined) return undefined
    return new ConnectionError(`no connection to Redis while waiting for ${waitingFor}`, { cause: failure })
  }

  close(): void {
    this.connection.close()
  }

  async #open({ persistent }: CommandSpec): Promise<RedisLife> {
    for (;;) {
      try {
        return await this.connection.open()
      } catch (error) {
        if (persistent !== true || !(error instanceof ConnectionError)) throw error
        await this.connection.pause(RETRY_MS)
      }
    }
  }

  async #wrongType(work: CommandSpec, cause: unknown): Promise<RpcError | undefined> {
    for (const [key, expected] of Object.entries(work.keys)) {
      let actual: string
      try {
        actual = await (await this.connection.open()).type(key)
      } catch {
        return undefined
      }
      if (actual !== expected && actual !== 'none') return new WrongTypeError(key, expected, actual, { cause })
    }
    return undefined
  }
}

/**
 * The text of an error, including those of the commands that caused a transaction to be discarded.
 */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { previousErrors } = error as { previousErrors?: readonly unknown[] }
  return [error, ...(previousErrors ?? [])].map((each) => (each instanceof Error ? each.message : '')).join('\n')
}
