import { ClosedError } from '../errors.ts'
import { deferred } from './deferred.ts'

export interface LifetimeOptions {
  /** Its name in errors: `server calc`. */
  readonly what: string
  /** Resolves once it serves. If it fails, `end` is called. */
  readonly begin: () => Promise<void>
  /** Must not reject. */
  readonly end: () => Promise<void>
}

/** Starts and ends a server, once each, in whatever order the calls arrive. */
export class Lifetime {
  readonly #options: LifetimeOptions
  readonly #ended = deferred()
  #starting: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(options: LifetimeOptions) {
    this.#options = options
  }

  /**
   * Resolves once it serves. It may already be closing by then, if its first call reached a limit.
   * @throws ClosedError when it was closed before
   * @throws what `begin` throws
   */
  start(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(new ClosedError(`${this.#options.what} is closed`))
    this.#starting ??= this.#start()
    return this.#starting
  }

  /**
   * Resolves once it has ended, also when it was closed while it started.
   * @throws ClosedError when it was closed before this was called
   * @throws what `begin` throws
   */
  async run(): Promise<void> {
    const wasClosed = this.#closing !== undefined
    try {
      await this.start()
    } catch (error) {
      if (wasClosed || !(error instanceof ClosedError)) throw error
    }
    await this.#ended.promise
  }

  close(): Promise<void> {
    this.#closing ??= this.#options.end().then(() => this.#ended.resolve())
    return this.#closing
  }

  async #start(): Promise<void> {
    try {
      await this.#options.begin()
    } catch (error) {
      const wasClosed = this.#closing !== undefined
      await this.close()
      if (!wasClosed) throw error
      throw new ClosedError(`${this.#options.what} was closed while it started`, { cause: error })
    }
  }
}
