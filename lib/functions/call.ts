import { Outgoing } from '../chain/outgoing.ts'
import { ClosedError, ConnectionError, isRpcError, TimeoutError } from '../errors.ts'
import { scanKeys } from '../link/scan-keys.ts'
import { checkSource, type RedisLife, type RedisSource } from '../link/source.ts'
import { methodProxy } from '../util/method-proxy.ts'
import { LONGEST_MS, nonEmptyString } from '../util/options.ts'
import { within } from '../util/within.ts'
import { FunctionCalls, type FunctionClientStats } from './calls.ts'
import {
  checkFunctionCallOptions,
  checkFunctionClientOptions,
  checkFunctionPushOptions,
  type FunctionCallOptions,
  type FunctionClientOptions,
  type FunctionClientSettings,
  type FunctionPushOptions,
} from './client-options.ts'
import type {
  AnyFunctions,
  FunctionArguments,
  FunctionName,
  FunctionReturn,
  Functions,
  RemoteFunctions,
} from './function-map.ts'
import { aliveKey, alivePattern, checkServerId, checkSlot, DEFAULT_KIND, serverIdOf } from './names.ts'
import { OutgoingFunctionCall } from './outgoing-request.ts'

/**
 * Calls functions of redis-rpc servers, written in Python, Go or with {@link FunctionServer}. It
 * connects on the first call and has two connections, no matter how many calls are in flight.
 *
 * @example
 * ```ts
 * const client = new FunctionClient<{ add(kw: { a: number; b: number }): number }>('redis://localhost')
 * await client.fn.add({ a: 1, b: 2 })
 * await client.close()
 * ```
 */
export class FunctionClient<F extends Functions<F> = AnyFunctions> implements AsyncDisposable {
  /**
   * The functions: `client.fn.add({ a: 1, b: 2 })` is the same as
   * `client.call('add', { a: 1, b: 2 })`. Names that every object uses, such as `toString` and
   * `then`, and names that begin with `_` are missing; use `call` for these.
   */
  readonly fn: RemoteFunctions<F, FunctionCallOptions>
  readonly #settings: FunctionClientSettings
  readonly #calls: FunctionCalls
  /** Undefined: there is no middleware. */
  readonly #outgoing: Outgoing | undefined
  #closing: Promise<void> | undefined

  /**
   * @param redis a URL, ioredis options or an ioredis client; a client is duplicated and never
   * closed
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(redis: RedisSource, options: FunctionClientOptions = {}) {
    this.#settings = checkFunctionClientOptions(options)
    const { prefix, use, clock } = this.#settings
    const address = checkSource(redis, prefix, 'function-client')
    checkSlot(prefix, address)
    this.#calls = new FunctionCalls(address, this.#settings)
    this.#outgoing = use.length === 0 ? undefined : new Outgoing(prefix, use, clock, 'the function client is closed')
    const call = (name: string, [kw, options]: readonly unknown[]) => this.#call(name, kw, options)
    this.fn = methodProxy('remote functions', call) as RemoteFunctions<F, FunctionCallOptions>
  }

  /** The prefix of all keys. */
  get prefix(): string {
    return this.#settings.prefix
  }

  get stats(): FunctionClientStats {
    return this.#calls.stats
  }

  /**
   * Calls a function and waits for its result. A call that times out or is aborted removes its request if no
   * server has taken it yet.
   *
   * @param args the named arguments as one object, then {@link FunctionCallOptions}
   * @throws RemoteFunctionError when the function threw
   * @throws TimeoutError when there is no result in time
   * @throws ConnectionError when the request did not reach Redis
   * @throws DeliveryUnknownError when it is unknown whether it did
   * @throws SerializationError when an argument is not plain JSON
   * @throws what its middleware throws
   */
  async call<N extends FunctionName<F>>(
    name: N,
    ...args: FunctionArguments<F[N], FunctionCallOptions>
  ): Promise<FunctionReturn<F[N]>> {
    const [kw, options] = args as readonly unknown[]
    return (await this.#call(name, kw, options)) as FunctionReturn<F[N]>
  }

  /**
   * Pushes a request, and resolves with the call's id once Redis has it. Any process may wait for
   * the result, with {@link FunctionClient.response}.
   *
   * @param args the named arguments as one object, then {@link FunctionPushOptions}
   * @throws ConnectionError, DeliveryUnknownError or SerializationError, as
   * {@link FunctionClient.call}
   * @throws TimeoutError when Redis does not confirm it within twice the `connectTimeoutMs`
   */
  async callAsync<N extends FunctionName<F>>(
    name: N,
    ...args: FunctionArguments<F[N], FunctionPushOptions>
  ): Promise<string> {
    const [kw, options] = args as readonly unknown[]
    const { signal } = checkFunctionPushOptions((options ?? {}) as FunctionPushOptions)
    // Time to connect, and to be refused once connected, so that the more specific error comes
    // first.
    const timeoutMs = Math.min(2 * this.#settings.connectTimeoutMs, LONGEST_MS)
    const limits = { timeoutMs, signal }
    const checkedName = nonEmptyString('name', name)
    if (this.#outgoing === undefined) return this.#calls.push(checkedName, kw, limits)
    const request = new OutgoingFunctionCall('notify', checkedName, kw, limits, (given, left, metadata) =>
      this.#calls.push(checkedName, given, left, metadata),
    )
    return (await this.#outgoing.run(request)) as string
  }

  /**
   * Waits for the result of a call that was made here or in another process. After a time-out you
   * can call it again.
   *
   * @throws what {@link FunctionClient.call} throws
   * @throws WrongTypeError when the key of the result is not a list
   */
  async response<N extends FunctionName<F>>(
    name: N,
    id: string,
    options: FunctionCallOptions = {},
  ): Promise<FunctionReturn<F[N]>> {
    const limits = checkFunctionCallOptions(options, this.#settings.responseTimeoutMs)
    const result = this.#calls.response(nonEmptyString('name', name), nonEmptyString('id', id), limits)
    return (await result) as FunctionReturn<F[N]>
  }

  /**
   * Returns the ids of the live servers of a kind, according to their heartbeats. It scans all keys
   * of the database, as the originals do.
   * @throws ConnectionError when Redis cannot be reached
   * @throws TimeoutError when it does not answer within `connectTimeoutMs`
   */
  async onlineServers(kind: string = DEFAULT_KIND): Promise<string[]> {
    const pattern = alivePattern(this.prefix, nonEmptyString('kind', kind))
    const keys = await this.#ask(pattern, (redis) => scanKeys(redis, pattern))
    const ids = [...keys].map((key) => serverIdOf(key, this.prefix, kind))
    return ids.filter((id) => id !== undefined).sort()
  }

  /**
   * Whether a server lives, or any of its kind.
   * @throws ConnectionError when Redis cannot be reached
   * @throws TimeoutError when it does not answer within `connectTimeoutMs`
   */
  async isServerOnline(kind: string = DEFAULT_KIND, id?: string): Promise<boolean> {
    if (id === undefined) return (await this.onlineServers(kind)).length > 0
    const key = aliveKey(this.prefix, nonEmptyString('kind', kind), checkServerId(id))
    return (await this.#ask(key, (redis) => redis.exists(key))) === 1
  }

  /**
   * Rejects what waits with `ClosedError`, takes back the requests of `call` that no server has,
   * and disconnects.
   */
  close(): Promise<void> {
    this.#outgoing?.close()
    this.#closing ??= this.#calls.close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #call(name: string, kw: unknown, options: unknown): Promise<unknown> {
    const limits = checkFunctionCallOptions((options ?? {}) as FunctionCallOptions, this.#settings.responseTimeoutMs)
    const checkedName = nonEmptyString('name', name)
    if (this.#outgoing === undefined) return this.#calls.call(checkedName, kw, limits)
    const request = new OutgoingFunctionCall('call', checkedName, kw, limits, (given, left, metadata) =>
      this.#calls.call(checkedName, given, left, metadata),
    )
    return this.#outgoing.run(request)
  }

  async #ask<T>(what: string, ask: (redis: RedisLife) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new ClosedError('the function client is closed')
    const { clock, connectTimeoutMs } = this.#settings
    const { link } = this.#calls
    await link.open()
    try {
      const asked = link.commands().then(ask)
      return await within(clock, connectTimeoutMs, asked, () => new TimeoutError(what, connectTimeoutMs))
    } catch (error) {
      if (isRpcError(error)) throw error
      throw new ConnectionError(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}
