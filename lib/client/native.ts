import type { Outgoing } from '../chain/outgoing.ts'
import { BusyError, ClosedError, type DeliveryError } from '../errors.ts'
import type { Inlet } from '../link/inlets.ts'
import { CLOSE_MS, type Link } from '../link/link.ts'
import type { Links } from '../link/use.ts'
import { type EachReply, inOrderOfArrival } from '../rpc/calls/call-all.ts'
import { beginWith } from '../rpc/calls/calls.ts'
import { type CallSettings, endLoans, type Method, methodOf, type SentCall } from '../rpc/calls/sent-call.ts'
import { ServiceCalls } from '../rpc/calls/service-calls.ts'
import { readServerReport, type ServerReport } from '../rpc/meter/server-report.ts'
import { readServerInfo, type ServerInfo } from '../rpc/presence/server-info.ts'
import { type Signing, signingOf } from '../rpc/signing.ts'
import { CallFeed } from '../rpc/watch/call-feed.ts'
import { Budget } from '../util/budget.ts'
import type { Clock } from '../util/clock.ts'
import { IterablePromise } from '../util/iterable-promise.ts'
import { Codec, type RichText } from '../wire/codec.ts'
import type { Destination } from '../wire/handle.ts'
import { newInbox, serverPrefix } from '../wire/keys.ts'
import { REQUEST_START } from '../wire/message.ts'
import { INFO, PIPE, STATS, WATCH } from '../wire/reserved.ts'
import { Callbacks } from './callbacks.ts'
import type { Caller, ClientStats, RecordSteps } from './caller.ts'
import { asPositional } from './kwargs.ts'
import type { CheckedCallOptions, ClientSettings } from './options.ts'
import type { WatchSettings } from './watch-options.ts'

/**
 * How many replies one pop returns at most. Measured: 16 gives 0.73 and 512 gives 0.91 of the
 * throughput of 128.
 */
const REPLIES_A_POP = 128
/** How many method names are cached: a gateway may forward any name it is asked for. */
const MOST_METHODS = 1_000
/**
 * While the list is too long, one call per this many ms is sent, to learn whether the list has
 * become shorter.
 */
const PROBE_MS = 100
/** Questions to a server that no longer reads its list expire after a minute. */
const QUESTION_EXPIRE_MS = 60_000

/**
 * Makes calls in this library's own dialect: one inbox for all replies, which are matched by `id`.
 */
export class NativeCaller implements Caller {
  readonly #service: string
  readonly #codec: Codec
  readonly #inbox: string
  readonly #link: Link
  readonly #isOwnLink: boolean
  readonly #inlet: Inlet
  readonly #calls: ServiceCalls
  readonly #signing: Signing
  readonly #callbacks: Callbacks
  readonly #methods = new Map<string, Method>()
  readonly #feeds = new Set<CallFeed>()
  /**
   * Methods that may run more than once. Empty until the servers have answered; calls do not wait
   * for that.
   */
  #repeatable: ReadonlySet<string> = new Set()
  readonly #pipe: Method
  readonly #stopObserving: () => void
  readonly #maxWaiting: number
  readonly #clock: Clock
  #nextProbeAt = Number.NEGATIVE_INFINITY
  #opening: Promise<void> | undefined
  #isOpen = false
  #closing: Promise<void> | undefined

  /**
   * @param links provides its link
   * @param outgoing the middleware around calls of borrowed objects; undefined: none
   */
  constructor(service: string, settings: ClientSettings, links: Links, outgoing: Outgoing | undefined) {
    this.#service = service
    this.#pipe = methodOf(service, PIPE, 'pipe')
    const { classes, types } = settings
    this.#inbox = newInbox(service, links.shareSlot)
    this.#callbacks = new Callbacks(service, this.#inbox, settings, outgoing)
    const { objects } = this.#callbacks
    this.#codec = new Codec({ classes, types, limits: { ...settings, of: `the client of ${service}` }, objects })
    const { limits } = this.#codec
    this.#signing = signingOf({ ...settings, limits })
    const servers = serverPrefix(service)
    this.#inlet = {
      lists: () => [this.#inbox],
      capacity: () => REPLIES_A_POP,
      onBatch: (texts) => {
        for (const text of this.#signing.accept(this.#inbox, texts)) {
          if (text.startsWith(REQUEST_START)) this.#callbacks.take(text)
          else this.#calls.calls.take(text)
        }
      },
      expireMs: (list) => (list.startsWith(servers) ? QUESTION_EXPIRE_MS : undefined),
    }
    const { link, isOwn } = links.use(this.#inlet, this.#inbox, service)
    this.#link = link
    this.#isOwnLink = isOwn
    this.#calls = new ServiceCalls({
      service,
      address: this.#inbox,
      link,
      codec: this.#codec,
      limits,
      clock: settings.clock,
      signing: this.#signing,
      onError: settings.onError,
      noServerTimeoutMs: settings.noServerTimeoutMs,
      onRepeatable: (methods) => {
        this.#repeatable = methods
        this.#methods.clear()
      },
      onLate: (reply) => objects.discard(reply),
      onPartnerAgain: (call) => objects.again(call),
    })
    this.#callbacks.start({ link, codec: this.#codec, signing: this.#signing }, this.#calls)
    this.#maxWaiting = settings.maxWaiting
    this.#clock = settings.clock
    if (settings.maxWaiting !== Number.POSITIVE_INFINITY) link.outbox.watchLength(service)
    this.#stopObserving = link.observe(() => {
      this.#calls.connected()
      this.#callbacks.connected()
    })
  }

  get stats(): ClientStats {
    const { calls, pending } = this.#calls
    const junk = calls.junk + this.#calls.junk + this.#signing.junk
    return { pending, late: calls.late, junk, ...this.#callbacks.objects.counts }
  }

  /** Not an async function: its extra promise and frame would cost a tenth of the call. */
  call(method: string, args: readonly unknown[], options: CheckedCallOptions, operation?: string): Promise<unknown> {
    try {
      if (this.#closing !== undefined) throw new ClosedError(`the client of ${this.#service} is closed`)
      options.signal?.throwIfAborted()
      // Encode immediately: later changes to the arguments must have no effect.
      if (this.#maxWaiting !== Number.POSITIVE_INFINITY) this.#checkLength()
      const destination = anyServer()
      const encoded = this.#codec.encodeAll(asPositional(args), 'args', destination)
      const called = operation === undefined ? this.#method(method) : methodOf(this.#service, method, operation)
      return this.#begin(called, encoded, destination.home, options)
    } catch (error) {
      return IterablePromise.reject(error)
    }
  }

  isRepeatable(method: string): boolean {
    return this.#repeatable.has(method)
  }

  async pipe(record: RecordSteps, options: CheckedCallOptions): Promise<unknown> {
    if (this.#closing !== undefined) throw new ClosedError(`the client of ${this.#service} is closed`)
    options.signal?.throwIfAborted()
    if (this.#maxWaiting !== Number.POSITIVE_INFINITY) this.#checkLength()
    const destination = anyServer()
    const encoded = record((args, numberOf) =>
      this.#codec.encodeStep(asPositional(args), 'args', numberOf, destination),
    )
    return this.#begin(this.#pipe, encoded, destination.home, options)
  }

  async notify(method: string, args: readonly unknown[], options: CheckedCallOptions): Promise<void> {
    options.signal?.throwIfAborted()
    const destination = anyServer()
    const encoded = this.#codec.encodeAll(asPositional(args), 'args', destination)
    const list = destination.home ?? this.#service
    try {
      await this.#open()
    } catch (error) {
      endLoans(encoded)
      throw error
    }
    await this.#calls.calls.notify(list, this.#method(method), { ...options, isAskedAfter: false }, encoded)
  }

  all(method: string, args: readonly unknown[], options: CheckedCallOptions): AsyncIterable<EachReply> {
    return inOrderOfArrival(async (stopped) => {
      options.signal?.throwIfAborted()
      await this.#open()
      const signal = options.signal === undefined ? stopped : AbortSignal.any([options.signal, stopped])
      return this.#callEach(this.#method(method), args, { ...options, signal, isAskedAfter: false })
    })
  }

  servers(options: CheckedCallOptions): Promise<ServerInfo[]> {
    return this.#askEach(INFO, readServerInfo, options)
  }

  reports(options: CheckedCallOptions): Promise<ServerReport[]> {
    return this.#askEach(STATS, readServerReport, options)
  }

  watch({ filter, signal }: WatchSettings, options: CheckedCallOptions): CallFeed {
    const settings = { ...options, signal, isAskedAfter: false }
    return new CallFeed({
      service: this.#service,
      findServers: async () => {
        await this.#open()
        return this.#calls.findServers()
      },
      ask: (server) => this.#calls.callServer(server, this.#method(WATCH), [filter], settings),
      signal,
      clock: this.#clock,
      open: this.#feeds,
    })
  }

  /**
   * What the servers report about themselves. Servers that do not answer, or answer with another
   * id, are left out.
   */
  async #askEach<A extends { readonly id: string }>(
    name: string,
    read: (answer: unknown) => A | undefined,
    options: CheckedCallOptions,
  ): Promise<A[]> {
    await this.#open()
    const answers = await this.#callEach(this.#method(name), [], { ...options, isAskedAfter: false })
    const said = await Promise.all(
      [...answers].map(async ([server, answer]) => {
        const own = await answer.then(read, () => undefined)
        return own?.id === server ? own : undefined
      }),
    )
    return said.filter((own) => own !== undefined)
  }

  async #callEach(
    method: Method,
    args: readonly unknown[],
    settings: CallSettings,
  ): Promise<ReadonlyMap<string, Promise<unknown>>> {
    const servers = await this.#calls.findServers()
    return new Map(servers.map((server) => [server, this.#calls.callServer(server, method, args, settings)]))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const feed of [...this.#feeds]) feed.end(new ClosedError(`the client of ${this.#service} was closed`))
    const budget = new Budget(this.#clock, CLOSE_MS)
    await budget.wait(this.#callbacks.close())
    await this.#calls.close()
    this.#stopObserving()
    if (this.#isOwnLink) return this.#link.close([this.#inbox], budget)
    await budget.spend((limitMs) => this.#link.detach(this.#inlet, limitMs))
    await budget.wait(this.#link.run((redis) => redis.del(this.#inbox)))
  }

  /**
   * @param home the only server that can run it, because the arguments contain an object of that
   * server
   */
  #begin(
    method: Method,
    args: string | RichText,
    home: string | undefined,
    options: CheckedCallOptions,
  ): Promise<unknown> {
    if (home !== undefined) return this.#callbacks.objects.send(home, method, args, options)
    const chosen = method.isRepeatable ? repeatable(options) : options
    const call = beginWith(this.#calls.calls, this.#service, method, chosen, args)
    if (this.#isOpen) this.#calls.send(call, args)
    else this.#openAndSend(call, args)
    return call.answered
  }

  #openAndSend(call: SentCall, args: string | RichText): void {
    this.#open().then(
      () => this.#calls.send(call, args),
      (error: DeliveryError) => call.undelivered(error),
    )
  }

  /** @throws BusyError */
  #checkLength(): void {
    const length = this.#link.outbox.lengthOf(this.#service)
    if (length <= this.#maxWaiting) return
    const now = this.#clock.now()
    if (now >= this.#nextProbeAt) {
      this.#nextProbeAt = now + PROBE_MS
      return
    }
    throw new BusyError(this.#service, `${length} requests wait, more than ${this.#maxWaiting}`)
  }

  #open(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(new ClosedError(`the client of ${this.#service} is closed`))
    this.#opening ??= this.#link
      .open(() => this.#calls.prepare())
      .then(
        () => {
          this.#isOpen = true
        },
        (error: unknown) => {
          this.#opening = undefined
          throw error
        },
      )
    return this.#opening
  }

  #method(name: string): Method {
    let method = this.#methods.get(name)
    if (method === undefined) {
      method = methodOf(this.#service, name, name, this.#repeatable.has(name))
      if (this.#methods.size < MOST_METHODS) this.#methods.set(name, method)
    }
    return method
  }
}

/**
 * The options of a call to a method that may run more than once, unless the call chose otherwise.
 */
function repeatable(options: CheckedCallOptions): CheckedCallOptions {
  if (options.given.delivery !== undefined) return options
  return { ...options, options: { ...options.options, delivery: 'at-least-once' } }
}

/** A new object for each request: encoding may run user code, which may make calls itself. */
function anyServer(): Destination {
  return { to: '', isRequest: true, home: undefined }
}
