import { handle } from '../chain/handling.ts'
import { ClosedError, WrongTypeError } from '../errors.ts'
import { Intake } from '../link/intake.ts'
import { Link } from '../link/link.ts'
import { checkSource, type RedisLife, type RedisSource } from '../link/source.ts'
import { Lifetime } from '../util/lifetime.ts'
import { isThenable, Running, type WorkInProgress } from '../util/running.ts'
import { Codec } from '../wire/codec.ts'
import type { Limits } from '../wire/limits.ts'
import { isTooOld } from './age.ts'
import type { AnyFunctions, Functions } from './function-map.ts'
import { Heartbeat } from './heartbeat.ts'
import { type FunctionRequest, failureText, findId, readRequest, successText } from './message.ts'
import { aliveKey, checkSlot, resultKey } from './names.ts'
import { OutgoingResult } from './outgoing-result.ts'
import { type Served, serveEach } from './served.ts'
import { workOf } from './served-work.ts'
import {
  checkFunctionServerOptions,
  type FunctionServerOptions,
  type FunctionServerSettings,
} from './server-options.ts'
import { onSignals } from './signals.ts'

/** Counters of a server, since it was created. */
export interface FunctionServerStats {
  /** Calls answered with a value. */
  readonly succeeded: number
  /** Calls answered with an error: the function threw, or its result could not be encoded. */
  readonly failed: number
  /** Requests that were too old to run. */
  readonly expired: number
  /** Messages that were not valid requests. */
  readonly junk: number
  /** Calls that are running. */
  readonly running: number
}

/** A call whose function has not ended yet. */
interface RunningCall extends WorkInProgress<RunningCall> {}

/** A message, and the function whose list it came from. */
interface Popped {
  readonly served: Served
  readonly text: string
}

/**
 * Serves functions to redis-rpc clients, written in Python, Go or with {@link FunctionClient}.
 * Several servers with the same prefix share the calls of the functions that they have in common.
 *
 * @example
 * ```ts
 * const server = new FunctionServer('redis://localhost', { add: ({ a, b }: { a: number; b: number }) => a + b })
 * await server.serve()
 * ```
 */
export class FunctionServer<F extends Functions<F> = AnyFunctions> implements AsyncDisposable {
  readonly #settings: FunctionServerSettings & Limits
  readonly #codec: Codec
  readonly #served: ReadonlyMap<string, Served>
  readonly #lists: readonly string[]
  readonly #link: Link
  readonly #heartbeat: Heartbeat
  readonly #intake: Intake<Popped>
  readonly #running: Running<RunningCall>
  readonly #stats = { succeeded: 0, failed: 0, expired: 0, junk: 0 }
  readonly #lifetime: Lifetime
  #pops = 0
  #begun = 0
  #isGivenUp = false
  #stopSignals = (): void => {}

  /**
   * @param redis a URL, ioredis options or an ioredis client; a client is duplicated and never
   * closed
   * @param functions by name; each takes its named arguments as one object, and may be async
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(redis: RedisSource, functions: F, options: FunctionServerOptions = {}) {
    const settings = checkFunctionServerOptions(options)
    this.#settings = { ...settings, of: `the function server ${settings.id}` }
    const { prefix, kind, id, concurrency, onError, clock } = this.#settings
    const address = checkSource(redis, prefix, 'function-server')
    checkSlot(prefix, address)
    this.#codec = new Codec({ classes: this.#settings.classes, types: this.#settings.types, limits: this.#settings })
    this.#served = serveEach(functions, prefix)
    this.#lists = [...this.#served.keys()].sort()
    this.#running = new Running(() => this.#intake.resume())
    this.#intake = new Intake({
      concurrency,
      running: () => this.#running.size,
      handle: (popped) => this.#handle(popped),
      onRoom: () => this.#resume(),
      clock,
    })
    this.#lifetime = new Lifetime({
      what: `function server ${id}`,
      begin: () => this.#start(),
      end: () => this.#close(),
    })
    this.#link = new Link(address, {
      home: prefix,
      inlet: {
        lists: (hasRoom) => (hasRoom ? this.#nextLists() : []),
        capacity: (popped) => this.#capacity(popped),
        onBatch: (texts, list) => this.#take(texts, list),
        expireMs: () => this.#settings.resultExpireMs,
      },
      onUp: () => this.#heartbeat.beat(),
      onError,
      atomicExpiry: true,
      connectTimeoutMs: this.#settings.connectTimeoutMs,
      clock,
    })
    this.#heartbeat = new Heartbeat({
      key: aliveKey(prefix, kind, id),
      periodMs: this.#settings.heartbeatPeriodMs,
      expireMs: this.#settings.heartbeatExpireMs,
      redis: () => this.#link.redis,
      onError,
      clock,
    })
  }

  /** The prefix of all keys. */
  get prefix(): string {
    return this.#settings.prefix
  }

  /** The kind of server, as passed to {@link FunctionClient.onlineServers}. */
  get kind(): string {
    return this.#settings.kind
  }

  /** Identifies this server among those of its kind. */
  get id(): string {
    return this.#settings.id
  }

  get stats(): FunctionServerStats {
    return { ...this.#stats, running: this.#running.size }
  }

  /**
   * Starts serving; resolves once it listens and its heartbeat is set.
   * @throws ConnectionError when Redis cannot be reached within `connectTimeoutMs`, or refuses the
   * connection
   * @throws WrongTypeError when the key of a function's calls is not a list
   * @throws ClosedError after {@link FunctionServer.close}, or when it was closed meanwhile
   */
  start(): Promise<void> {
    return this.#lifetime.start()
  }

  /**
   * Starts serving; resolves when {@link FunctionServer.close}, `limit` or a signal has ended it,
   * even if that happens while it starts.
   * @throws what {@link FunctionServer.start} throws
   */
  serve(): Promise<void> {
    return this.#lifetime.run()
  }

  /**
   * Takes no more calls, ends the heartbeat, finishes and answers the running calls, and
   * disconnects. Waiting requests stay in the list for other servers.
   */
  close(): Promise<void> {
    return this.#lifetime.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #start(): Promise<void> {
    this.#stopSignals = onSignals(this.#settings.signals, () => void this.close())
    await this.#link.open(async (redis) => {
      await this.#checkTypes(redis)
      await this.#heartbeat.start(redis)
    })
  }

  async #checkTypes(redis: RedisLife): Promise<void> {
    const types = await Promise.all(this.#lists.map((list) => redis.type(list)))
    for (const [index, type] of types.entries()) {
      if (type !== 'list' && type !== 'none') throw new WrongTypeError(this.#lists[index] ?? '', 'list', type)
    }
  }

  async #close(): Promise<void> {
    await this.#link.stopReading()
    this.#heartbeat.stop()
    const { clock, drainTimeoutMs } = this.#settings
    const giveUp = clock.setTimer(() => this.#giveUp(), drainTimeoutMs)
    await this.#intake.emptied()
    await this.#running.ended()
    clock.clearTimer(giveUp)
    await this.#link.close()
    this.#stopSignals()
  }

  #giveUp(): void {
    this.#isGivenUp = true
    this.#running.giveUp(() => this.#closedError())
  }

  /**
   * @throws ClosedError when a middleware held the call until the server closed: the caller has been
   *   informed that it was not run
   */
  readonly #throwIfGivenUp = (): void => {
    if (this.#isGivenUp) throw this.#closedError()
  }

  #closedError(): ClosedError {
    return new ClosedError(`function server ${this.id} was closed`)
  }

  /**
   * The order rotates with every pop, as in the originals, so that no function starves the others.
   */
  #nextLists(): readonly string[] {
    const first = this.#pops++ % this.#lists.length
    return [...this.#lists.slice(first), ...this.#lists.slice(0, first)]
  }

  #capacity(popped: number): number {
    const unbegun = this.#settings.limit - this.#begun - this.#intake.waiting
    return Math.min(this.#intake.room(popped), unbegun - popped)
  }

  #resume(): void {
    this.#link.resume()
    this.#endAtLimit()
  }

  #endAtLimit(): void {
    if (this.#begun >= this.#settings.limit && this.#running.size === 0) void this.close()
  }

  #take(texts: readonly string[], list: string): void {
    const served = this.#served.get(list)
    if (served === undefined) return
    this.#intake.take(texts.map((text) => ({ served, text })))
    this.#endAtLimit()
  }

  #handle({ served, text }: Popped): void {
    let request: FunctionRequest
    try {
      request = readRequest(text, this.#settings)
    } catch (error) {
      return this.#refuse(served, text, error as Error)
    }
    const { requestExpireMs } = this.#settings
    if (requestExpireMs > 0 && isTooOld(request.ts, this.#link.now(), requestExpireMs)) {
      return this.#expire(served, request)
    }
    if (this.#isGivenUp) return this.#fail(served, request, this.#closedError())
    this.#begun++
    this.#run(served, request)
  }

  #run(served: Served, request: FunctionRequest): void {
    try {
      const { use, prefix } = this.#settings
      const result =
        use.length === 0 ? served.run(request.kw) : handle(use, workOf(prefix, served, request, this.#throwIfGivenUp))
      if (!isThenable(result)) return this.#succeed(served, request, result)
      const call: RunningCall = {
        isRunning: false,
        before: undefined,
        after: undefined,
        succeed: (value) => this.#succeed(served, request, value),
        fail: (thrown) => this.#fail(served, request, thrown),
      }
      this.#running.add(call, result)
    } catch (thrown) {
      this.#fail(served, request, thrown)
    }
  }

  #succeed(served: Served, request: FunctionRequest, value: unknown): void {
    let text: string
    try {
      text = successText(this.#link.now(), value, this.#codec)
    } catch (error) {
      return this.#fail(served, request, error)
    }
    this.#stats.succeeded++
    if (request.wantsResult) this.#answer(served, request.id, text)
  }

  #fail(served: Served, request: FunctionRequest, thrown: unknown): void {
    this.#stats.failed++
    if (request.wantsResult) this.#answerFailure(served, request.id, thrown, this.#settings.exposeStacks)
  }

  #expire(served: Served, request: FunctionRequest): void {
    this.#stats.expired++
    if (!request.wantsResult) return
    const error = new Error(`not run: the request is older than ${this.#settings.requestExpireMs} ms (${request.ts})`)
    error.name = 'RequestExpiredError'
    this.#answerFailure(served, request.id, error, false)
  }

  /**
   * An invalid request is counted and reported to `onError`, and to its sender if the id can be
   * read.
   */
  #refuse(served: Served, text: string, error: Error): void {
    this.#stats.junk++
    this.#settings.onError(error)
    const id = findId(text, this.#settings)
    if (id !== undefined) this.#answerFailure(served, id, error, false)
  }

  #answerFailure(served: Served, id: string, thrown: unknown, exposeStack: boolean): void {
    this.#answer(served, id, failureText(this.#link.now(), thrown, this.#codec, exposeStack))
  }

  #answer(served: Served, id: string, text: string): void {
    const list = resultKey(this.#settings.prefix, served.name, id)
    new OutgoingResult(list, text, this.#link, this.#settings.onError).push()
  }
}
