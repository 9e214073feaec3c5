import { ClosedError, InvalidOptionError, ProtocolError } from '../errors.ts'
import { Link } from '../link/link.ts'
import { checkSource, type RedisLife, type RedisSource } from '../link/source.ts'
import { Lifetime } from '../util/lifetime.ts'
import { nonEmptyString } from '../util/options.ts'
import { isThenable, Running, type Work } from '../util/running.ts'
import { Codec } from '../wire/codec.ts'
import { replyPrefix } from '../wire/keys.ts'
import { checkBytes } from '../wire/limits.ts'
import { failureText, findAddress, type ReplyAddress, type Request, readRequest, replyText } from '../wire/message.ts'
import { dispatch } from './dispatch.ts'
import type { Exposable } from './exposable.ts'
import { type ExposedMethod, exposedMethods } from './expose.ts'
import { Intake } from './intake.ts'
import { checkServerOptions, type RedisRPCServerOptions, type ServerSettings } from './options.ts'

/** What a server has done since it was made. */
export interface ServerStats {
  /** Calls answered with a value. */
  readonly succeeded: number
  /** Calls answered with an exception. */
  readonly failed: number
  /** Requests that were not run because their deadline had passed. */
  readonly expired: number
  /** Messages that were no requests, or had nowhere to be answered. */
  readonly junk: number
  /** Calls running now. */
  readonly running: number
}

/**
 * Serves a local object: answers the method calls that arrive on the Redis list bearing the service's name. Several
 * servers of one name share its calls.
 *
 * @example
 * ```ts
 * const server = new RedisRPCServer('redis://localhost', 'calc', new Calculator())
 * await server.run()
 * ```
 */
export class RedisRPCServer<T extends object = object> implements AsyncDisposable {
  /** The service's name, which is its list's. */
  readonly name: string
  readonly #settings: ServerSettings
  readonly #methods: ReadonlyMap<string, ExposedMethod>
  readonly #codec: Codec
  readonly #link: Link
  readonly #replyPrefix: string
  readonly #running: Running
  readonly #intake: Intake
  readonly #stats = { succeeded: 0, failed: 0, expired: 0, junk: 0 }
  readonly #lifetime: Lifetime
  #isGivenUp = false

  /**
   * @param redis where Redis is; a client is borrowed: it is duplicated and never closed
   * @param name the service's name, the list it is called through
   * @param target the object whose methods are called; see `docs/security.md` for which
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(redis: RedisSource, name: string, target: T, options: RedisRPCServerOptions<NoInfer<Exposable<T>>> = {}) {
    this.name = nonEmptyString('name', name)
    if ((typeof target !== 'object' && typeof target !== 'function') || target === null) {
      throw new InvalidOptionError('target', 'an object', target)
    }
    this.#settings = checkServerOptions(options)
    this.#methods = exposedMethods(name, target, this.#settings.expose)
    this.#codec = new Codec({ classes: this.#settings.classes, types: this.#settings.types, limits: this.#settings })
    this.#replyPrefix = replyPrefix(name)
    this.#running = new Running(() => this.#intake.resume())
    this.#intake = new Intake({
      concurrency: this.#settings.concurrency,
      running: () => this.#running.size,
      handle: (text, now) => this.#take(text, now),
      onRoom: () => this.#link.resume(),
      clock: this.#settings.clock,
    })
    this.#lifetime = new Lifetime({
      what: `server ${name}`,
      begin: () => this.#link.open((life) => this.#prepare(life)),
      end: () => this.#close(),
    })
    this.#link = new Link(checkSource(redis), {
      home: name,
      lists: () => [name],
      capacity: (popped) => this.#intake.room(popped),
      onBatch: (texts) => this.#intake.take(texts),
      onError: this.#settings.onError,
      expireMs: () => this.#settings.replyExpireMs,
      connectTimeoutMs: this.#settings.connectTimeoutMs,
      clock: this.#settings.clock,
    })
  }

  /** The names that may be called. */
  get methods(): readonly string[] {
    return [...this.#methods.keys()]
  }

  get stats(): ServerStats {
    return { ...this.#stats, running: this.#running.size }
  }

  /**
   * Begins to serve; resolves once it listens.
   * @throws ConnectionError when Redis cannot be reached within `connectTimeoutMs`, or refuses the list
   * @throws ClosedError after {@link RedisRPCServer.close}, or when it is called meanwhile
   */
  start(): Promise<void> {
    return this.#lifetime.start()
  }

  /**
   * Serves until {@link RedisRPCServer.close} has ended it, be it while it starts.
   * @throws what {@link RedisRPCServer.start} throws
   */
  run(): Promise<void> {
    return this.#lifetime.run()
  }

  /**
   * Takes no more calls, finishes and answers those it has, and disconnects. What waits on the list stays there for other
   * servers.
   */
  close(): Promise<void> {
    return this.#lifetime.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #prepare(redis: RedisLife): Promise<void> {
    if (this.#settings.flushOnStart) await redis.del(this.name)
    // A key of another type, or a missing permission, shows here and not as a reader that fails for ever.
    else await redis.llen(this.name)
  }

  async #close(): Promise<void> {
    await this.#link.stopReading()
    const { clock, drainTimeoutMs } = this.#settings
    const giveUp = clock.setTimer(() => this.#giveUp(), drainTimeoutMs)
    await this.#intake.emptied()
    await this.#running.ended()
    clock.clearTimer(giveUp)
    await this.#link.close()
  }

  /** Closing has taken its time: who still waits is told. */
  #giveUp(): void {
    this.#isGivenUp = true
    this.#running.giveUp(() => this.#closedError())
    this.#intake.resume()
  }

  #closedError(): ClosedError {
    return new ClosedError(`server ${this.name} was closed`)
  }

  #take(text: string, now: number): void {
    let request: Request
    try {
      request = readRequest(text, this.#settings)
    } catch (error) {
      return this.#refuse(findAddress(text, this.#settings), error as Error)
    }
    if (!this.#mayAnswer(request.address)) return
    if (request.deadline !== undefined && request.deadline < this.#link.toRedisTime(now)) {
      this.#stats.expired++
      return
    }
    if (this.#isGivenUp) return this.#fail(request, this.#closedError())
    try {
      const result = dispatch(request, this.name, this.#methods, this.#codec)
      if (isThenable(result)) this.#running.add(this.#workOf(request), result)
      else this.#succeed(request, result)
    } catch (thrown) {
      this.#fail(request, thrown)
    }
  }

  #workOf(request: Request): Work {
    return {
      succeed: (value) => this.#succeed(request, value),
      fail: (thrown) => this.#fail(request, thrown),
    }
  }

  #succeed(request: Request, value: unknown): void {
    let text: string
    try {
      text = replyText(request.address, value, this.#codec)
      checkBytes(text, this.#settings)
    } catch (error) {
      return this.#fail(request, error)
    }
    this.#stats.succeeded++
    this.#push(request.address, text)
  }

  #fail(request: Request, thrown: unknown): void {
    this.#stats.failed++
    this.#push(request.address, this.#failureText(request.address, thrown))
  }

  /** What is no request is counted and told to the hook, and to its sender where there is one to be told. */
  #refuse(address: ReplyAddress | undefined, error: Error): void {
    if (address !== undefined && !this.#mayAnswer(address)) return
    this.#stats.junk++
    this.#settings.onError(error)
    if (address !== undefined) this.#push(address, this.#failureText(address, error))
  }

  /** A forged `response_queue` must not make this server write to just any key. */
  #mayAnswer(address: ReplyAddress): boolean {
    if (address.list.startsWith(this.#replyPrefix)) return true
    this.#stats.junk++
    this.#settings.onError(new ProtocolError(`response_queue does not begin with ${this.#replyPrefix}`))
    return false
  }

  #failureText(address: ReplyAddress, thrown: unknown): string {
    const text = failureText(address, thrown, this.#codec, this.#settings.exposeStacks)
    try {
      checkBytes(text, this.#settings)
      return text
    } catch (tooLarge) {
      return failureText(address, tooLarge, this.#codec, false)
    }
  }

  #push(address: ReplyAddress, text: string): void {
    this.#link.outbox.push(address.list, { text, cancelled: false, undelivered: this.#settings.onError })
  }
}
