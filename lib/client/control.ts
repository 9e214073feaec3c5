import { InvalidOptionError } from '../errors.ts'
import type { ServerReport } from '../rpc/meter/server-report.ts'
import type { ServerInfo } from '../rpc/presence/server-info.ts'
import { callChannel } from '../rpc/tracing.ts'
import type { CallRecord } from '../rpc/watch/call-record.ts'
import type { PropertyAt, PropertyPath, WritablePath } from '../util/member-paths.ts'
import { Members } from '../util/members.ts'
import { isRemote } from '../wire/failure.ts'
import { readPropertyAnswer } from '../wire/property-answer.ts'
import { GET, PING, PIPE, SET } from '../wire/reserved.ts'
import type { Caller, ClientStats, RecordSteps } from './caller.ts'
import { type CallOptions, type CheckedCallOptions, checkCallOptions } from './options.ts'
import type { All, Notify } from './remote/each-way.ts'
import type { Remote } from './remote.ts'
import { tracedCall } from './traced-call.ts'
import { checkWatchOptions, type WatchOptions } from './watch-options.ts'

/** Everything a client can do besides calling methods; get it with {@link control}. */
export interface ClientControl<T> extends AsyncDisposable {
  /** The service's name. */
  readonly name: string
  readonly stats: ClientStats
  /**
   * Returns a client of the same object with other call options. It shares the connections.
   *
   * @example
   * ```ts
   * await control(calc).with({ timeoutMs: 500 }).add(5)
   * ```
   * @throws InvalidOptionError
   */
  with(options: CallOptions): Remote<T>
  /**
   * Calls a method by its name. A dot leads into a namespace. This also reaches names that are not
   * methods of the client because every object uses them, such as `toString`, `toJSON` or names
   * that begin with `_`; the server exposes those only if `expose` names them.
   *
   * @example
   * ```ts
   * await control(calc).call('toString', 16)
   * ```
   * @throws InvalidOptionError when the name is not a string; otherwise the same errors as a method
   * call
   */
  call(method: string, ...args: unknown[]): Promise<unknown>
  /**
   * Reads a property by its name, like awaiting it; this also reaches names that are not members of
   * the client, such as `_id`.
   *
   * @example
   * ```ts
   * const theme: unknown = await control(page).get('settings.theme')
   * ```
   * @throws MethodNotFoundError when the server does not expose it
   */
  get<P extends PropertyPath<T>>(name: P): Promise<Awaited<PropertyAt<T, P>>>
  /**
   * Writes a property that the server lists in `writable`. If a service has several servers, one of
   * them is changed.
   *
   * @example
   * ```ts
   * await control(page).set('settings.theme', 'dark')
   * ```
   * @throws MethodNotFoundError when the property is not writable
   */
  set<P extends WritablePath<T>>(name: P, value: PropertyAt<T, P>): Promise<void>
  /**
   * The same methods without answers: each promise resolves once Redis has the request. The method
   * runs at most once, within the call's time-out. If it throws, the server reports the error to
   * its `onError`.
   *
   * @example
   * ```ts
   * await control(calc).notify.add(5)
   * ```
   */
  readonly notify: Notify<T>
  /**
   * The same methods, run by every live server. Results and errors are yielded in the order of
   * arrival. The iteration ends when all servers have answered, at the latest after `timeoutMs`.
   *
   * @example
   * ```ts
   * for await (const { server, value, error } of control(calc).all({ timeoutMs: 1_000 }).val()) {
   *   console.log(server, value, error)
   * }
   * ```
   * @throws InvalidOptionError
   */
  all(options?: CallOptions): All<T>
  /**
   * Lists the live servers that answer: their identity, their methods and their current load.
   * @param options `timeoutMs` is 1000 unless it is given
   */
  servers(options?: CallOptions): Promise<ServerInfo[]>
  /**
   * Returns what the live servers have measured for each method since they started: calls, errors,
   * latencies.
   * @param options `timeoutMs` is 1000 unless it is given
   * @see docs/observability.md
   */
  reports(options?: CallOptions): Promise<ServerReport[]>
  /**
   * Yields the calls that the servers answer from now on, including servers that start later. A
   * server with more than about 500 calls per second sends a sample, and each record says how many
   * calls it represents. The iteration ends when the client closes, when `signal` fires, or when
   * you leave the loop.
   *
   * @example
   * ```ts
   * for await (const call of control(calc).watch({ minDurationMs: 100 })) {
   *   console.log(call.method, call.durationMs, call.outcome)
   * }
   * ```
   * @throws InvalidOptionError, ConnectionError, ClosedError; MethodNotFoundError when no server
   * allows it; BusyError when every server has too many watchers; ReferenceLimitError when an end
   * may have no more streams
   * @see docs/observability.md
   */
  watch(options?: WatchOptions): AsyncIterableIterator<CallRecord>
  /**
   * Checks that a server answers, and returns how long that took, in ms.
   * @throws TimeoutError when no server answers
   */
  ping(options?: CallOptions): Promise<number>
  /**
   * Rejects pending calls with `ClosedError` and disconnects; a second call returns the first
   * promise.
   */
  close(): Promise<void>
}

/** How long servers may take to answer questions about themselves, in ms. */
const SERVERS_MS = 1_000

const controls = new WeakMap<object, ProxyControl>()

/**
 * Returns the controls of a client: everything that is not a method of the remote object.
 * @throws InvalidOptionError when `client` was not created by {@link RedisRPCClient}
 */
export function control<T extends object>(client: Remote<T>): ClientControl<T> {
  return controlOf(client) as unknown as ClientControl<T>
}

/** Calls `then` once a client is closed, through any of its controls. @throws InvalidOptionError */
export function whenClosed(client: object, then: () => void): void {
  controlOf(client).connected.onClosed = then
}

/** Runs the steps that `record` records as one call of this client. @throws InvalidOptionError */
export function runPipeline(client: object, record: RecordSteps): Promise<unknown> {
  return controlOf(client).pipe(record)
}

function controlOf(client: object): ProxyControl {
  const handle = controls.get(client)
  if (handle === undefined) throw new InvalidOptionError('client', 'a client made by RedisRPCClient', client)
  return handle
}

/** Makes a call. @param operation the name to use in errors; the path by default */
type Send = (path: string, args: readonly unknown[], operation?: string) => Promise<unknown>

/** What a client shares with the clients that `with` derives from it. */
interface Connected {
  readonly name: string
  readonly caller: Caller
  readonly clock: { now(): number }
  onClosed?: () => void
}

/** The controls of one client, and the proxy that is the client. */
export class ProxyControl implements ClientControl<object> {
  readonly name: string
  readonly proxy: object
  readonly connected: Connected
  readonly #members: Members
  readonly #call: Send
  readonly #caller: Caller
  readonly #options: CheckedCallOptions
  #notify: object | undefined

  constructor(connected: Connected, options: CheckedCallOptions) {
    const { name, caller } = connected
    const send: Send = (path, args, operation) => caller.call(path, args, options, operation)
    this.#call = (path, args, operation) =>
      callChannel.hasSubscribers
        ? tracedCall(name, path, args, 'call', () => send(path, args, operation))
        : send(path, args, operation)
    this.name = name
    this.connected = connected
    this.#caller = caller
    this.#options = options
    this.#members = new Members({
      label: `remote object ${name}`,
      call: this.#call,
      get: (path, itself) => this.#read(path, itself),
      hint: 'control(client).set(name, value) writes a property',
    })
    this.proxy = this.#members.proxy
    controls.set(this.proxy, this)
  }

  get stats(): ClientStats {
    return this.#caller.stats
  }

  with(options: CallOptions): Remote<object> {
    const checked = checkCallOptions(options, this.#options)
    return new ProxyControl(this.connected, checked).proxy as Remote<object>
  }

  get notify(): never {
    this.#notify ??= new Members({
      label: `notifications to ${this.name}`,
      call: (path, args) => {
        const send = () => this.#caller.notify(path, args, this.#options)
        return callChannel.hasSubscribers ? tracedCall(this.name, path, args, 'notify', send) : send()
      },
    }).proxy
    return this.#notify as never
  }

  all(options: CallOptions = {}): never {
    const checked = checkCallOptions(options, this.#options)
    return new Members({
      label: `all servers of ${this.name}`,
      call: (path, args) => this.#caller.all(path, args, checked),
    }).proxy as never
  }

  servers(options: CallOptions = {}): Promise<ServerInfo[]> {
    return this.#caller.servers(checkCallOptions({ timeoutMs: SERVERS_MS, ...options }, this.#options))
  }

  reports(options: CallOptions = {}): Promise<ServerReport[]> {
    return this.#caller.reports(checkCallOptions({ timeoutMs: SERVERS_MS, ...options }, this.#options))
  }

  watch(options: WatchOptions = {}): AsyncIterableIterator<CallRecord> {
    const settings = checkWatchOptions(options, this.#options.signal)
    return this.#caller.watch(settings, checkCallOptions({ timeoutMs: SERVERS_MS }, this.#options))
  }

  async call(method: string, ...args: unknown[]): Promise<unknown> {
    if (typeof method !== 'string') throw new InvalidOptionError('method', 'a string', method)
    return this.#call(method, args)
  }

  pipe(record: RecordSteps): Promise<unknown> {
    const send = () => this.#caller.pipe(record, this.#options)
    return callChannel.hasSubscribers ? tracedCall(this.name, PIPE, [], 'call', send) : send()
  }

  async get(name: string): Promise<unknown> {
    if (typeof name !== 'string') throw new InvalidOptionError('name', 'a string', name)
    return this.#read(name, () => this.#members.itself(name))
  }

  async set(name: string, value: unknown): Promise<void> {
    if (typeof name !== 'string') throw new InvalidOptionError('name', 'a string', name)
    await this.#call(SET, [name, value], name)
  }

  async #read(path: string, itself: () => object): Promise<unknown> {
    const answer = readPropertyAnswer(await this.#call(GET, [path], path))
    return 'value' in answer ? answer.value : itself()
  }

  async ping(options: CallOptions = {}): Promise<number> {
    const { clock } = this.connected
    const asked = clock.now()
    try {
      await this.#caller.call(PING, [], checkCallOptions(options, this.#options))
    } catch (error) {
      // A classic server does not know `ping`, but its error is an answer too.
      if (!isRemote(error)) throw error
    }
    return clock.now() - asked
  }

  close(): Promise<void> {
    const closing = this.#caller.close()
    const { onClosed } = this.connected
    if (onClosed !== undefined) closing.then(onClosed, onClosed)
    return closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
