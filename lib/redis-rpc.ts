import { checkUse, type Middleware, type MiddlewareOption } from './chain/middleware.ts'
import { control, whenClosed } from './client/control.ts'
import type { RedisRPCClientOptions } from './client/options.ts'
import { RedisRPCClient } from './client/proxy.ts'
import type { Remote } from './client/remote.ts'
import { ClosedError } from './errors.ts'
import { type CallEndOptions, checkCallEndOptions } from './link/options.ts'
import type { RedisSource } from './link/source.ts'
import { runShared, SharedConnections } from './link/use.ts'
import { prometheusText } from './rpc/meter/prometheus.ts'
import { listServices } from './rpc/presence/service-list.ts'
import type { Exposable, Settable } from './server/exposable.ts'
import type { RedisRPCServerOptions } from './server/options.ts'
import { RedisRPCServer } from './server/serve.ts'
import { knownOptions } from './util/options.ts'
import { SERVICE_LIST } from './wire/keys.ts'

/**
 * Options of {@link RedisRPC}. Its servers and clients use its middleware unless they have their
 * own option `use`.
 */
export interface RedisRPCOptions extends CallEndOptions, MiddlewareOption {}

/**
 * All services and clients of a process, sharing one pair of connections (in a Cluster, one pair
 * for each slot in use).
 *
 * @example
 * ```ts
 * const rpc = new RedisRPC('redis://localhost')
 * await rpc.serve('calc', { add: (a: number, b: number) => a + b })
 * const users = rpc.client<{ find(id: number): string }>('users')
 * await users.find(7)
 * await rpc.close()
 * ```
 */
export class RedisRPC extends SharedConnections implements AsyncDisposable {
  readonly #use: readonly Middleware[]
  readonly #ends = new Set<{ close(): Promise<void> }>()
  readonly #servers = new Set<Pick<RedisRPCServer, 'name' | 'report'>>()
  #closing: Promise<void> | undefined

  /**
   * @param redis a URL, ioredis options or an ioredis client; a client is duplicated and never
   * closed
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(redis: RedisSource, options: RedisRPCOptions = {}) {
    const settings = checkCallEndOptions(options)
    const use = checkUse(options)
    knownOptions(options, [...Object.keys(settings), 'use'])
    super(redis, settings)
    this.#use = use
  }

  /**
   * Serves an object; resolves once it listens. The connection options of {@link CallEndOptions}
   * come from this `RedisRPC`.
   * @throws ConnectionError, ClosedError, InvalidOptionError
   */
  async serve<T extends object>(
    name: string,
    target: T,
    options: RedisRPCServerOptions<NoInfer<Exposable<T>>, NoInfer<Settable<T>>> = {},
  ): Promise<RedisRPCServer<T>> {
    if (this.#closing !== undefined) throw new ClosedError('the connections are closed')
    const server = new RedisRPCServer(this, name, target, { use: this.#use, ...options })
    this.#ends.add(server)
    try {
      await server.start()
    } catch (error) {
      this.#ends.delete(server)
      throw error
    }
    this.#servers.add(server)
    const ended = (): void => {
      this.#ends.delete(server)
      this.#servers.delete(server)
    }
    // It rejects when a method that ran already has closed the server.
    server.run().then(ended, ended)
    return server
  }

  /** A client of a service. @throws ClosedError, InvalidOptionError */
  client<T extends object>(name: string, options: RedisRPCClientOptions = {}): Remote<T> {
    if (this.#closing !== undefined) throw new ClosedError('the connections are closed')
    const client = new RedisRPCClient<T>(this, name, { use: this.#use, ...options })
    const end = control(client)
    this.#ends.add(end)
    whenClosed(client, () => this.#ends.delete(end))
    return client
  }

  /**
   * Returns the names of all services on this Redis that have a live server, sorted; at most 10
   * 000. Anyone who can write to Redis can add names, and servers without permission to write the
   * list are missing.
   * @throws ConnectionError, DeliveryUnknownError, ClosedError
   * @see the clients' `servers()`, which describes the servers of one service
   */
  async services(): Promise<string[]> {
    if (this.#closing !== undefined) throw new ClosedError('the connections are closed')
    return runShared(this, SERVICE_LIST, 'services', listServices)
  }

  /** Returns the {@link RedisRPCServer.metrics} of all open servers that `serve` has started. */
  metrics(): string {
    return prometheusText([...this.#servers].map((server) => ({ service: server.name, reports: [server.report()] })))
  }

  /**
   * Closes all servers and clients, as their own `close` does, and disconnects. A second call
   * returns the first promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#ends].map((end) => end.close()))
    await this.disconnect()
  }
}
