import { InvalidOptionError } from '../errors.ts'
import type { RedisSource } from '../link/source.ts'
import { linksFor, type SharedConnections } from '../link/use.ts'
import { prometheusText } from '../rpc/meter/prometheus.ts'
import type { ServerReport } from '../rpc/meter/server-report.ts'
import { Lifetime } from '../util/lifetime.ts'
import { nonEmptyString } from '../util/options.ts'
import { ServerEndpoint } from './endpoint.ts'
import type { Exposable, Settable } from './exposable.ts'
import { checkServerOptions, type RedisRPCServerOptions } from './options.ts'
import type { ServerStats } from './stats.ts'

/**
 * Serves a local object: answers the method calls that arrive in the Redis list with the service's
 * name. Several servers with the same name share the calls.
 *
 * @example
 * ```ts
 * const server = new RedisRPCServer('redis://localhost', 'calc', new Calculator())
 * await server.run()
 * ```
 */
export class RedisRPCServer<T extends object = object> implements AsyncDisposable {
  /** The service's name, which is also the name of its list. */
  readonly name: string
  readonly #endpoint: ServerEndpoint
  readonly #lifetime: Lifetime

  /**
   * @param redis a URL, ioredis options or an ioredis client; a client is duplicated and never
   * closed
   * @param name the service's name, which is also the name of its list
   * @param target the object whose methods are called; `docs/security.md` says which methods
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(
    redis: RedisSource | SharedConnections,
    name: string,
    target: T,
    options: RedisRPCServerOptions<NoInfer<Exposable<T>>, NoInfer<Settable<T>>> = {},
  ) {
    this.name = nonEmptyString('name', name)
    const settings = checkServerOptions(options)
    this.#endpoint = new ServerEndpoint(name, checkTarget(target), settings, linksFor(redis, name, 'server', settings))
    this.#lifetime = new Lifetime({
      what: `server ${name}`,
      begin: () => this.#endpoint.start(),
      end: () => this.#endpoint.close(),
    })
  }

  /** The names that may be called. */
  get methods(): readonly string[] {
    return this.#endpoint.methods
  }

  /** Identifies this server among those of the service, for example in a client's `servers()`. */
  get id(): string {
    return this.#endpoint.id
  }

  get stats(): ServerStats {
    return this.#endpoint.stats
  }

  /**
   * Returns what this server has measured for each method: calls, errors, latencies. Clients get
   * the same with `reports()`.
   * @see docs/observability.md
   */
  report(): ServerReport {
    return this.#endpoint.report()
  }

  /**
   * Returns {@link RedisRPCServer.report} in the text format of Prometheus: counters of calls and
   * errors, a gauge of running calls, and a histogram of durations.
   * @see https://prometheus.io/docs/instrumenting/exposition_formats/
   *
   * @example
   * ```ts
   * createServer((_, response) => {
   *   response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8').end(server.metrics())
   * }).listen(9464)
   * ```
   */
  metrics(): string {
    return prometheusText([{ service: this.name, reports: [this.report()] }])
  }

  /**
   * Starts serving; resolves once it listens.
   * @throws ConnectionError when Redis cannot be reached within `connectTimeoutMs`, or refuses the
   * list
   * @throws ClosedError after {@link RedisRPCServer.close}, or when it is called meanwhile
   */
  start(): Promise<void> {
    return this.#lifetime.start()
  }

  /**
   * Starts serving; resolves when {@link RedisRPCServer.close} has ended it, even if that happens
   * while it starts.
   * @throws what {@link RedisRPCServer.start} throws
   */
  run(): Promise<void> {
    return this.#lifetime.run()
  }

  /**
   * Takes no more calls, finishes and answers the running ones, and disconnects. Calls in the list
   * stay there for other servers.
   */
  close(): Promise<void> {
    return this.#lifetime.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function checkTarget(target: object): object {
  if ((typeof target === 'object' || typeof target === 'function') && target !== null) return target
  throw new InvalidOptionError('target', 'an object', target)
}
