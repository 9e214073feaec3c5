import { InvalidOptionError } from '../errors.ts'
import type { RedisSource } from '../link/source.ts'
import { linksFor, type SharedConnections } from '../link/use.ts'
import { prometheusText } from '../rpc/meter/prometheus.ts'
import type { ServerReport } from '../rpc/server-report.ts'
import { Lifetime } from '../util/lifetime.ts'
import { nonEmptyString } from '../util/options.ts'
import { ServerEndpoint } from './endpoint.ts'
import type { Exposable, Settable } from './exposable.ts'
import { checkServerOptions, type RedisRPCServerOptions } from './options.ts'
import type { ServerStats } from './stats.ts'

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
  readonly #endpoint: ServerEndpoint
  readonly #lifetime: Lifetime

  /**
   * @param redis where Redis is; a client is borrowed: it is duplicated and never closed
   * @param name the service's name, the list it is called through
   * @param target the object whose methods are called; see `docs/security.md` for which
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

  /** Tells this server from others of the service: what `servers()` of a client lists. */
  get id(): string {
    return this.#endpoint.id
  }

  get stats(): ServerStats {
    return this.#endpoint.stats
  }

  /**
   * What this server has measured of each method: calls, errors, how long they took. Callers see the same with `reports()` of a client.
   * @see docs/observability.md
   */
  report(): ServerReport {
    return this.#endpoint.report()
  }

  /**
   * What {@link RedisRPCServer.report} tells as Prometheus reads it: counters of calls and errors, calls that run, and a histogram of durations.
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
}

function checkTarget(target: object): object {
  if ((typeof target === 'object' || typeof target === 'function') && target !== null) return target
  throw new InvalidOptionError('target', 'an object', target)
}
