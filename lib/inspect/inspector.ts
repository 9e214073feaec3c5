import type { ClientControl } from '../client/proxy.ts'
import { ClosedError } from '../errors.ts'
import { type CallEndOptions, checkCallEndOptions } from '../link/options.ts'
import type { RedisLife, RedisSource } from '../link/source.ts'
import { runShared, SharedConnections } from '../link/use.ts'
import { knownOptions, nonEmptyString } from '../util/options.ts'
import { SERVICE_LIST } from '../wire/keys.ts'
import { checkSecret, type SecretOption } from '../wire/signature.ts'
import { ServiceClients } from './service-clients.ts'
import { type ServiceDetail, type ServiceView, viewServers, viewServices, viewWaiting } from './service-view.ts'

/** Options of an {@link Inspector}. */
export interface InspectorOptions extends CallEndOptions, SecretOption {}

/** How long servers may take to answer, in ms. */
const ANSWER_MS = 1_000

/**
 * Looks at what goes on on a Redis: services, queues, streams, caches. It has two connections of its own, named
 * `redis-object-rpc::inspect`.
 */
export class Inspector implements AsyncDisposable {
  readonly #connections: InspectorConnections
  readonly #clients: ServiceClients
  #closing: Promise<void> | undefined

  /**
   * @param redis where Redis is; a client is borrowed: it is duplicated and never closed
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(redis: RedisSource, options: InspectorOptions = {}) {
    const settings = checkCallEndOptions(options)
    checkSecret(options)
    knownOptions(options, [...Object.keys(settings), 'secret'])
    this.#connections = new InspectorConnections(redis, settings, 'inspect')
    this.#clients = new ServiceClients(this.#connections, {
      ...options,
      ...settings,
      timeoutMs: ANSWER_MS,
      noServerTimeoutMs: 0,
    })
  }

  /** All services that have a live server, sorted; at most 10 000. @throws ConnectionError, DeliveryUnknownError, ClosedError */
  services(): Promise<ServiceView[]> {
    return this.#run(SERVICE_LIST, 'list the services', viewServices)
  }

  /** One service and its servers. A name that no server has serves nothing. @throws ConnectionError, DeliveryUnknownError, ClosedError */
  async service(name: string): Promise<ServiceDetail> {
    nonEmptyString('name', name)
    const [waiting, servers] = await Promise.all([
      this.#run(name, `look at ${name}`, (redis, redisNow) => viewWaiting(redis, name, redisNow)),
      this.#ofService(name, viewServers),
    ])
    return { name, servers, ...waiting }
  }

  /** Ends what it watches, and disconnects; a second call returns the first's promise. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#clients.close()
    await this.#connections.close()
  }

  async #run<T>(
    key: string,
    what: string,
    commands: (redis: RedisLife, redisNow: () => number) => Promise<T>,
  ): Promise<T> {
    this.#checkOpen()
    return runShared(this.#connections, key, what, commands)
  }

  async #ofService<T>(name: string, work: (client: ClientControl<object>) => Promise<T>): Promise<T> {
    this.#checkOpen()
    return this.#clients.use(name, work)
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new ClosedError('the inspector is closed')
  }
}

class InspectorConnections extends SharedConnections {
  close(): Promise<void> {
    return this.disconnect()
  }
}
